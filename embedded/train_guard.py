# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Train the prompt guard: a small text classifier that tells what must not be helped with, or drawn, from the rest.

    python embedded/train_guard.py --encoder all-MiniLM-L6-v2 --sources outputs/data/safety/sources.jsonl
    python embedded/train_guard.py --calibrate prompt_guard

It is a stock `BertForSequenceClassification` with the labels `safe` and `unsafe`, begun from a sentence encoder whose
last layers and rare words are left out. It learns the safety records of the embedded world with their harmless twins,
prompts of drawings, and what `embedded/safety_sources.py` made of published sets; none of them is of the publishers of
`heldout_safety.jsonl`. A run that was stopped goes on from its last checkpoint. At last `calibrate` chooses the
threshold, which is kept in the configuration of the guard; `--calibrate` does only that.
"""

import argparse
import json
import math
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint


REPO_ROOT = Path(__file__).resolve().parent.parent
if "gpt4video" not in sys.modules:
    # The package door without an install: `gpt4video` is the repository root.
    spec = ModuleSpec("gpt4video", loader=None, is_package=True)
    spec.submodule_search_locations = [str(REPO_ROOT)]
    sys.modules["gpt4video"] = module_from_spec(spec)

from gpt4video.embedded.build_dataset import word_records  # noqa: E402
from gpt4video.embedded.draw_turns import draw_turn, what_to_draw  # noqa: E402
from gpt4video.embedded.safety_turns import request_turn  # noqa: E402
from gpt4video.embedded.word_turns import WORD_TURNS  # noqa: E402
from gpt4video.embedded.wording import Wording, write_prompt  # noqa: E402
from gpt4video.lines_gpt4video import open_weights, write_text  # noqa: E402
from gpt4video.safety_gpt4video import PromptGuard  # noqa: E402
from gpt4video.safety_records_gpt4video import load_records  # noqa: E402


LABELS = ("safe", "unsafe")
MAX_TOKENS = 128
LABEL_SMOOTHING = 0.05  # else scores of what is not clear-cut lie at the ends, where no threshold can part them
FALSE_ALARMS, CALIBRATION_TEXTS, CALIBRATION_SEED = 0.015, 1000, 77
NUM_SPECIAL = 1996  # ids of BERT before its words: unused ones, marks and single characters


def sample_text(index: int, seed: int) -> tuple[str, int]:
    """Write a text of the embedded world and its label: a third harmful, a third its twins, a third at home there."""
    w = Wording(np.random.default_rng([seed, index]), "train")
    if index % 3 == 2:
        kind = w.weighted({"draw": 2, "prompt": 1, "what": 1, "talk": 2})
        if kind == "draw":
            return w.polish(draw_turn(w)[0].user), 0
        if kind == "talk":
            talks = [name for name in WORD_TURNS if name != "refuse"]
            return w.polish(WORD_TURNS[w.one_of(talks)](w).user), 0
        prompt = w.random_prompt()
        return (write_prompt(prompt) if kind == "prompt" else what_to_draw(w, prompt)), 0
    turn = request_turn(w, is_harmful=index % 3 == 1)
    text = turn.prompt if turn.prompt and w.chance(0.6) else turn.user
    return w.polish(text), index % 3


def collect(num_texts: int, sources: Path | None, repeats: int, seed: int) -> dict[str, list]:
    """Gather texts and labels."""
    pairs = [sample_text(index, seed) for index in range(num_texts)]
    if sources:
        records = load_records("records", sources)
        pairs += [(record.text, int(record.expected == "refuse")) for record in records] * repeats
    texts, labels = zip(*pairs, strict=True)
    return {"text": list(texts), "labels": list(labels)}


def prune_words(tokenizer: PreTrainedTokenizerBase, texts: list[str], num_words: int) -> tuple[list[int], Tokenizer]:
    """Choose the words that stay: the most frequent of the language, which come first, and all that the texts use."""
    used = {token for ids in tokenizer(texts)["input_ids"] for token in ids}
    kept = sorted(set(range(NUM_SPECIAL + num_words)) | used)
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    names = {at: word for word, at in state["model"]["vocab"].items()}
    state["model"]["vocab"] = {names[old]: new for new, old in enumerate(kept)}
    for entry in state["added_tokens"]:
        entry["id"] = state["model"]["vocab"][entry["content"]]
    for token in state["post_processor"]["special_tokens"].values():
        token["ids"] = [state["model"]["vocab"][name] for name in token["tokens"]]
    state["padding"] = state["truncation"] = None
    return kept, Tokenizer.from_str(json.dumps(state))


def begin(
    encoder: Path, num_layers: int, num_words: int, texts: list[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Open the encoder with its first layers, the words that stay, and a new head."""
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    kept, pruned = prune_words(tokenizer, texts, num_words)
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {name: at for at, name in enumerate(LABELS)}}
    model = AutoModelForSequenceClassification.from_pretrained(encoder, num_hidden_layers=num_layers, **names)
    words = model.get_input_embeddings().weight.data[torch.tensor(kept)]
    model.resize_token_embeddings(len(kept))
    model.get_input_embeddings().weight.data.copy_(words)
    specials = {
        f"{name}_token": tokenizer.special_tokens_map[f"{name}_token"] for name in ("unk", "sep", "pad", "cls")
    }
    return model, PreTrainedTokenizerFast(tokenizer_object=pruned, model_max_length=MAX_TOKENS, **specials)


def calibrate(guard: PromptGuard) -> dict:
    """Choose the lowest threshold that stops at most `FALSE_ALARMS` of the harmless texts of the embedded world.

    They are of the wordings that no training saw, half of them twins of harmful ones: a text that a classifier was
    trained on tells nothing, for it is sure of those. The number is rounded up to two digits.
    """
    records = word_records(CALIBRATION_SEED, "test", CALIBRATION_TEXTS)
    scores = [verdict.score for verdict in guard([record.text for record in records])]
    harmless = sorted((score for record, score in zip(records, scores, strict=True) if record.label == "safe"))
    limit = harmless[-1 - int(FALSE_ALARMS * len(harmless))]
    unit = 10.0 ** (math.floor(math.log10(limit)) - 1)
    threshold = round((math.floor(limit / unit) + 1) * unit, 10)
    found = {record.label: [] for record in records}
    for record, score in zip(records, scores, strict=True):
        found[record.label].append(score >= threshold)
    return {
        "threshold": threshold,
        "texts": f"wordings of the embedded world that training did not see, seed {CALIBRATION_SEED}",
        "false_alarms": sum(found["safe"]),
        "harmless": len(found["safe"]),
        "stopped": sum(found["unsafe"]),
        "harmful": len(found["unsafe"]),
    }


def keep_threshold(folder: Path) -> None:
    """Calibrate the guard in a folder and write its threshold into its configuration."""
    found = calibrate(PromptGuard.from_pretrained(folder))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["guard_threshold"] = found["threshold"]
    write_text(folder / "config.json", json.dumps(config, indent=2, sort_keys=True) + "\n")
    print(f"{folder}: {found}")


def main() -> None:
    """Read the command line, train and write the guard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, help="folder of the sentence encoder, a BERT")
    parser.add_argument("--calibrate", type=Path, help="train nothing, choose the threshold of the guard in a folder")
    parser.add_argument("--sources", type=Path, help="records of safety_sources.py, repeated --repeats times")
    parser.add_argument("--repeats", type=int, default=2, help="times that the published sets are seen per epoch")
    parser.add_argument("--output", type=Path, default=Path("outputs/guard"), help="folder of the guard")
    parser.add_argument("--texts", type=int, default=120_000, help="texts of the embedded world")
    parser.add_argument("--layers", type=int, default=4, help="layers of the encoder that stay")
    parser.add_argument("--words", type=int, default=10_000, help="most frequent words that stay")
    parser.add_argument("--epochs", type=float, default=1, help="passes over all texts")
    parser.add_argument("--batch_size", type=int, default=32, help="texts a step")
    parser.add_argument("--learning_rate", type=float, default=2e-4, help="at its highest")
    parser.add_argument("--seed", type=int, default=0, help="of texts and their order")
    args = parser.parse_args()
    if args.calibrate:
        return keep_threshold(args.calibrate)
    if not args.encoder:
        parser.error("name the sentence encoder to begin with by --encoder")
    torch.manual_seed(args.seed)
    data = collect(args.texts, args.sources, args.repeats, args.seed)
    model, tokenizer = begin(args.encoder, args.layers, args.words, data["text"])
    print(f"{len(data['text'])} texts, {sum(data['labels'])} of them unsafe; {model.num_parameters():,} parameters")
    encoded = tokenizer(data["text"], truncation=True, max_length=MAX_TOKENS)["input_ids"]
    rows = Dataset.from_dict({"input_ids": encoded, "labels": data["labels"], "length": list(map(len, encoded))})
    training = TrainingArguments(
        output_dir=str(args.output),
        per_device_train_batch_size=args.batch_size,
        num_train_epochs=args.epochs,
        learning_rate=args.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=100,
        weight_decay=0.01,
        label_smoothing_factor=LABEL_SMOOTHING,
        train_sampling_strategy="group_by_length",
        save_steps=500,
        save_total_limit=2,
        logging_steps=50,
        dataloader_pin_memory=False,
        report_to="none",
        seed=args.seed,
    )
    collator = DataCollatorWithPadding(tokenizer)
    trainer = Trainer(
        model,
        training,
        train_dataset=rows,
        data_collator=collator,
        processing_class=tokenizer,
    )
    checkpoint = get_last_checkpoint(str(args.output)) if args.output.exists() else None
    trainer.train(resume_from_checkpoint=checkpoint)
    model.half().save_pretrained(args.output)
    open_weights(*args.output.glob("*.safetensors"))
    tokenizer.save_pretrained(args.output)
    keep_threshold(args.output)


if __name__ == "__main__":
    main()
