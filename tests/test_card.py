"""The front matter of the model card: words that the Hub knows, examples in its forms, figures of the reports.

`fixtures/hub_metadata.json` is what the npm package `@huggingface/tasks` holds; `make hub-metadata` writes it anew.
"""

import json
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

from gpt4video.embedded import card


REPO_ROOT = Path(__file__).resolve().parent.parent
KNOWN = json.loads((Path(__file__).parent / "fixtures" / "hub_metadata.json").read_text(encoding="utf-8"))
DATA = ModelCard.load(REPO_ROOT / "README.md", ignore_metadata_errors=False).data


def fields_of(form: str) -> dict[str, str]:
    """Gather the fields of a form of widget examples and of its parents; optional ones end in `?`."""
    fields = dict(KNOWN["widget_forms"][form]["fields"])
    for parent in KNOWN["widget_forms"][form]["parents"]:
        fields |= fields_of(parent)
    return fields


def fits(example: dict, form: str) -> bool:
    """Whether an example has all that a form needs and nothing that it does not know."""
    fields = fields_of(form)
    needed = {name for name in fields if not name.endswith("?")}
    return needed <= example.keys() <= {name.removesuffix("?") for name in fields}


def report(name: str) -> dict:
    return json.loads((REPO_ROOT / "reports" / f"{name}.json").read_text(encoding="utf-8"))


def test_the_hub_knows_task_and_library() -> None:
    assert KNOWN["package"] == "@huggingface/tasks" and KNOWN["version"]
    assert KNOWN["pipeline_tags"][DATA.pipeline_tag] == "multimodal"
    assert DATA.library_name in KNOWN["libraries"]
    assert DATA.library_name in KNOWN["task_libraries"][DATA.pipeline_tag]
    guard = ModelCard.load(REPO_ROOT / "prompt_guard" / "README.md", ignore_metadata_errors=False).data
    assert guard.pipeline_tag in KNOWN["pipeline_tags"] and guard.library_name in KNOWN["libraries"]


@pytest.mark.parametrize("example", DATA.widget, ids=lambda example: example["text"][:12])
def test_examples_are_in_a_form_of_the_hub_and_have_outputs(example: dict) -> None:
    assert fits(example, "WidgetExampleAssetAndTextInput" if "src" in example else "WidgetExampleTextInput")
    assert example["output"].keys() in ({"text"}, {"url"})
    assert "src" not in example or (REPO_ROOT / example["src"]).is_file()


def test_a_form_is_told_from_another() -> None:
    assert not fits({"src": "a.mp4"}, "WidgetExampleAssetAndTextInput")
    assert not fits({"text": "a", "video": "a.mp4"}, "WidgetExampleTextInput")


def test_the_index_is_what_the_reports_say() -> None:
    """Written by `make card`; read back by the library, and compared with the reports by hand."""
    found = ModelCard.load(REPO_ROOT / "README.md").data.to_dict()["model-index"]
    assert found == card.model_index()
    _, results = model_index_to_eval_results(found)
    values = {(result.dataset_config, result.metric_name): result.metric_value for result in results}
    embedded, safety, guards = report("embedded"), report("safety"), report("guards")
    for name, (right, total) in embedded["counts"].items():
        assert values.pop((None, name.replace("_", " "))) == pytest.approx(right / total, abs=6e-5)
    for setting, part in (("the model alone", safety), ("with the prompt guard", safety["guarded"])):
        counts = part["counts"]
        refused = counts["blocked"] / (counts["blocked"] + counts["missed"])
        assert values.pop((setting, "recall")) == pytest.approx(refused, abs=6e-5)
        wrongly = counts["over_refused"] / (counts["over_refused"] + counts["served"])
        assert values.pop((setting, "over refusal")) == pytest.approx(wrongly, abs=6e-5)
        assert values.pop((setting, "f1")) == round(part["f1"], 4)
        assert values.pop((setting, "precision")) == round(part["precision"], 4)
    for name, (right, total) in guards["prompt"]["counts"].items():
        found = values.pop(("the prompt guard alone", name.replace("_", " ")))
        assert found == pytest.approx(right / total, abs=6e-5)
    assert values == {}
    kinds = {result.metric_name: result.metric_type for result in results}
    assert (kinds["object"], kinds["false draw"], kinds["recall"]) == ("accuracy", "error_rate", "recall")
    assert kinds["false positives twins"] == kinds["over refusal"] == kinds["over refused"] == "error_rate"


def test_what_it_was_made_of_is_told_where_it_is() -> None:
    """The model began from nothing; only the prompt guard has a base, and its own card."""
    assert DATA.license == "apache-2.0" and DATA.get("base_model") is None
    guard = ModelCard.load(REPO_ROOT / "prompt_guard" / "README.md").data
    assert guard.license == "apache-2.0" and guard.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    licences = (REPO_ROOT / "README.md").read_text(encoding="utf-8").partition("## Licences")[2]
    for part in ("LICENSE", "model.safetensors", "prompt_guard/", "embedded/assets/", "examples/", "heldout_plain"):
        assert part in licences
