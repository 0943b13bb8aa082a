"""Run `train_sft.py` sharded by FSDP2 on CPU, where accelerate 1.15 would fall back to plain data parallelism.

Started by `accelerate launch --config_file recipes/accelerate/fsdp2.yaml`, with the arguments of `train_sft.py`.
"""

import runpy
import sys
from pathlib import Path

from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType


set_up = AcceleratorState.__init__


def shard_on_cpu(self, *args, fsdp_plugin=None, **kwargs) -> None:
    """Take the plugin on CPU as it is taken on a GPU."""
    set_up(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
    if self.distributed_type == DistributedType.MULTI_CPU and fsdp_plugin is not None:
        self.distributed_type, self.fsdp_plugin = DistributedType.FSDP, fsdp_plugin


AcceleratorState.__init__ = shard_on_cpu
sys.argv[0] = str(Path(__file__).resolve().parent.parent / "train_sft.py")
runpy.run_path(sys.argv[0], run_name="__main__")
