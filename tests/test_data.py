"""`data_gpt4video.py` and `ClipCollator`: formats, sources, labels, truncation, mixtures, unreadable clips."""

import io
import json
import re
import shutil
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from datasets import ClassLabel, Dataset, Features, Value
from PIL import Image
from training_files import clip_row, encode, text_row, turn, two_clip_row, write_clips, write_rows
from transformers import AutoProcessor

from gpt4video.data_gpt4video import IGNORED, DataError, DataSource, Encoder, load_mixture
from gpt4video.features_gpt4video import ClipCollator


ROOT = Path(__file__).resolve().parent.parent


def learned(row: dict, processor) -> list[str]:
    """The runs of labelled tokens, decoded."""
    runs, previous = [], IGNORED
    for label in row["labels"]:
        if label != IGNORED:
            runs = [*runs, [label]] if previous == IGNORED else [*runs[:-1], [*runs[-1], label]]
        previous = label
    return [processor.tokenizer.decode(run) for run in runs]


def test_labels_are_exactly_the_answers(processor, data: Path) -> None:
    for make, answers in (
        (clip_row, [" A duck.</s>"]),
        (two_clip_row, [" A duck.</s>", " Two cows.</s>"]),
        (text_row, [" Hello.</s>"]),
    ):
        row = encode(make(), processor, data)
        assert learned(row, processor) == answers
        kept = [(token, label) for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
        assert all(token == label for token, label in kept)


def test_ids_are_those_of_inference(processor, data: Path) -> None:
    conversation = [
        {**message, "content": [b | {"path": str(data / b["path"])} if "path" in b else b for b in message["content"]]}
        for message in two_clip_row()["messages"]
    ]
    expected = processor.apply_chat_template(conversation, tokenize=True, return_dict=True)["input_ids"]
    row = encode(two_clip_row(), processor, data)
    assert row["input_ids"] == torch.as_tensor(expected).flatten().tolist()
    assert [clip["path"] for clip in row["videos"]] == [str(data / name) for name in ("a.mp4", "b.mp4", "a.mp4")]
    assert row["input_ids"].count(processor.video_token_id) == 3 * 4


def test_loss_on_all_learns_every_word(processor, data: Path) -> None:
    row = encode(clip_row(), processor, data, loss_on="all")
    ignored = {token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100}
    assert ignored == {processor.video_token_id}


def test_loss_on_all_leaves_out_what_the_original_does(checkpoint: Path, data: Path) -> None:
    processor = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
    processor.chat_template = (ROOT / "chat_templates" / "original.jinja").read_text(encoding="utf-8")
    row = encode(clip_row(), processor, data, loss_on="all")
    start = row["input_ids"].index(processor.tokenizer.bos_token_id)
    assert start == len("Human:") + 4
    assert row["labels"] == [-100] * start + row["input_ids"][start:]


def test_truncation_never_cuts_clips_or_whole_answers(processor, data: Path) -> None:
    whole = encode(two_clip_row(), processor, data)
    last_clip = max(at for at, token in enumerate(whole["input_ids"]) if token == processor.video_token_id)
    answers = [at for at, label in enumerate(whole["labels"]) if label != -100]
    short = encode(two_clip_row(), processor, data, max_length=last_clip + 1)
    assert short["dropped"] == "" and short["input_ids"] == whole["input_ids"][: last_clip + 1]
    assert encode(two_clip_row(), processor, data, max_length=last_clip)["dropped"] == "max_length would cut a clip"
    text = encode(text_row(), processor, data)
    first = next(at for at, label in enumerate(text["labels"]) if label != -100)
    assert encode(text_row(), processor, data, max_length=first)["dropped"] == "max_length would cut the whole answer"
    assert encode(text_row(), processor, data, max_length=first + 1)["dropped"] == ""
    assert encode({"messages": [turn("user", "Hi.")]}, processor, data)["dropped"] == "no answer"
    assert answers


def mix(processor, data: Path, *sources: dict | str, **settings):
    encoder = Encoder(processor, settings.pop("max_length", None), "assistant")
    return load_mixture([DataSource.parse(source) for source in sources], encoder, data / "skipped.jsonl", **settings)


def words(rows, processor) -> list[str]:
    """The conversations of rows, decoded."""
    return [processor.tokenizer.decode(row["input_ids"]).partition("questions.\n")[2] for row in rows]


def test_rows_that_say_nothing_are_dropped(processor, data: Path) -> None:
    (data / "table.csv").write_text("video,caption\na.mp4,A fox.\na.mp4,\na.mp4,  \n")
    rows, counts = mix(processor, data, {"path": str(data / "table.csv"), "format": "captions"})
    assert len(rows) == 1 and counts[str(data / "table.csv")] == {"rows": 3, "dropped": {"no answer": 2}}
    (data / "numbers.csv").write_text("question,answer\nHow many?,2\nAnd now?,\n")
    rows, _ = mix(processor, data, {"path": str(data / "numbers.csv"), "format": "question"})
    assert [text.rpartition("AI: ")[2] for text in words(rows, processor)] == ["2</s>\n"]


def test_safety_records_without_an_answer_are_drawn_or_dropped(processor, data: Path) -> None:
    records = [
        {"text": "A fox.", "expected": "draw"},
        {"text": "Hi.", "expected": "comply"},
        {"text": "Do harm.", "expected": "refuse"},
    ]
    rows, counts = mix(processor, data, {"path": str(write_rows(data, records, "s.jsonl")), "format": "safety"})
    told = [text.rpartition("AI: ")[2] for text in words(rows, processor)]
    assert told == ["<video>A fox.</video></s>\n", "No, I'd rather not, because it could hurt someone.</s>\n"]
    assert [count["dropped"] for count in counts.values()] == [{"no answer": 1}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "safe"}, "row 1 is not .* 'safety': RecordError: s:1: label is 'safe', but expected is 'refuse'"),
        ({"modality": "text+video"}, r"row 1 is not .*s:1: modality is 'text\+video', but the record has 'text'"),
        ({"side": "both"}, "row 1 is not .*s:1: side is 'both'; use one of input, output"),
        ({"id": "s:0"}, "s.jsonl:1: the id 's:0' is that of .*s.jsonl:0"),
    ],
)
def test_safety_records_that_contradict_are_broken_rows(processor, data: Path, change: dict, message: str) -> None:
    record = {"side": "input", "modality": "text", "text": "Do harm.", "label": "unsafe", "expected": "refuse"}
    records = [record | {"id": f"s:{number}"} for number in range(4)]
    records[1] |= change
    source = {"path": str(write_rows(data, records, "s.jsonl")), "format": "safety"}
    rows, counts = mix(processor, data, source, max_skipped_share=0.5)
    (found,) = counts.values()
    assert len(rows) == 3 and found["dropped"] == {"not a conversation": 1} and re.search(message, found["error"])
    with pytest.raises(DataError, match=f"1 of 4 rows are broken, .*{message}"):
        mix(processor, data, source)
    stream, _ = mix(processor, data, source, streaming=True, max_skipped_share=0.5)
    assert len(list(stream)) == len(list(stream)) == 3
    (line,) = (json.loads(line) for line in (data / "skipped.jsonl").read_text().splitlines())
    assert line["row"].endswith("s.jsonl:1") and re.search(message, line["error"])
    with pytest.raises(DataError, match=f"1 rows are broken, .*{message}"):
        list(mix(processor, data, source, streaming=True)[0])


def test_lines_of_other_editors_are_read(processor, data: Path) -> None:
    rows = [json.dumps(turns(str(number))) for number in range(2)]
    path = data / "windows.jsonl"
    path.write_bytes(("\ufeff" + "\r\n\r\n".join(rows) + "\r\n").encode())
    found, counts = mix(processor, data, str(path))
    assert words(found, processor) == [f"Human: {number}\nAI: {number}</s>\n" for number in range(2)]
    assert counts[str(path)] == {"rows": 3, "dropped": {"a blank line": 1}}
    (data / "list.json").write_bytes(("\ufeff" + json.dumps([turns("x")])).encode())
    assert len(mix(processor, data, str(data / "list.json"))[0]) == 1


@pytest.mark.parametrize(("name", "content"), [("e.jsonl", ""), ("e.json", "[]"), ("e.csv", ""), ("e.csv", "a,b\n")])
def test_files_without_rows_are_named(processor, data: Path, name: str, content: str) -> None:
    (data / name).write_text(content)
    for streaming in (False, True):
        with pytest.raises(DataError, match=f"{name} holds no rows"):
            mix(processor, data, str(data / name), streaming=streaming)


def test_joining_streams_leaves_the_threads(processor, data: Path) -> None:
    sources = [{"path": str(write_rows(data, [turns(name)], f"{name}.jsonl")), "weight": 1} for name in "xy"]
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        assert len(list(mix(processor, data, *sources, streaming=True)[0])) == 2
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_threads_encode_rows_at_the_same_time(processor, data: Path) -> None:
    # The threads in which the streams of a mixture are read, switched as often as can be.
    encoder, source = Encoder(processor, None, "assistant"), DataSource(str(data / "rows.jsonl"))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            rows = [turns(f"{number}" * 9) for number in range(200)]
            found = list(pool.map(lambda row: encoder(row, 0, source, is_json=False), rows))
    finally:
        sys.setswitchinterval(interval)
    assert [learned(row, processor) for row in found] == [[f" {str(number) * 9}</s>"] for number in range(200)]


def test_rows_of_shards_have_names_of_their_own(processor, data: Path) -> None:
    folder = data / "shards"
    folder.mkdir()
    for name in ("a", "b"):
        rows = [{"messages": [turn("user", f"{name}{n}")] if n else name} for n in range(3)]
        write_rows(folder, [turns(name), *rows], f"{name}.jsonl")
    stream, _ = mix(processor, data, str(folder), streaming=True, max_skipped_share=0.5)
    for shard in range(2):
        list(stream.shard(2, shard))
    lines = [json.loads(line) for line in (data / "skipped.jsonl").read_text().splitlines()]
    assert len({line["row"] for line in lines}) == 6 and sum("dropped" in line for line in lines) == 4


def test_dropped_rows_are_counted(processor, data: Path) -> None:
    source = write_rows(data, [clip_row(), {"messages": [turn("user", "Hi.")]}, text_row()], "mixed.jsonl")
    rows, counts = mix(processor, data, str(source))
    assert counts == {str(source): {"rows": 3, "dropped": {"no answer": 1}}}
    assert [row["row"].rpartition(":")[2] for row in rows] == ["0", "2"]
    with pytest.raises(DataError, match="no row can be used: {'rows': 3, 'dropped': {'max_length would cut"):
        mix(processor, data, str(source), max_length=20)


def test_broken_rows_are_named(processor, data: Path) -> None:
    with pytest.raises(DataError, match=r"rows.jsonl, row 7 is not a conversation in the format 'messages': KeyError"):
        encode({"prompt": "Hi."}, processor, data)
    with pytest.raises(DataError, match="row 7 is not a conversation.*needs a path, a url or bytes"):
        encode({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, processor, data)


def test_broken_rows_are_dropped_up_to_a_share(processor, data: Path) -> None:
    silent = {"messages": [turn("user", "Hi."), {"role": "assistant", "content": None}]}
    rows = [*[json.dumps(turns(str(number))) for number in range(20)], '{"messages": null}', json.dumps(silent)]
    path = data / "broken.jsonl"
    path.write_text("\n".join([*rows, rows[0][:-9]]))
    for streaming in (False, True):
        settings = {"streaming": streaming, "max_skipped_share": 0.2}
        found, counts = mix(processor, data, str(path), **settings)
        assert words(list(found), processor) == [f"Human: {n}\nAI: {n}</s>\n" for n in range(20)]
        if not streaming:
            assert counts[str(path)]["dropped"] == {"not a conversation": 3} and counts[str(path)]["rows"] == 23
            assert "row 20 is not a conversation in the format 'messages'" in counts[str(path)]["error"]
    noted = [json.loads(line) for line in (data / "skipped.jsonl").read_text().splitlines()]
    assert [line["row"] for line in noted] == [f"{path}:{at}" for at in (20, 21, 22)]
    assert "JSONDecodeError" in noted[2]["error"]
    with pytest.raises(DataError, match="3 of 23 rows are broken, max_skipped_share is 0.1. The first: .*row 20"):
        mix(processor, data, str(path), max_skipped_share=0.1)


def test_one_broken_row_is_dropped_unless_none_may_be(processor, data: Path) -> None:
    path = data / "cut.jsonl"
    path.write_text(json.dumps(turns("x")) + "\n" + json.dumps(turns("y"))[:20])
    assert len(mix(processor, data, str(path), max_skipped_share=0.01)[0]) == 1
    with pytest.raises(DataError, match="1 of 2 rows are broken, max_skipped_share is 0.0"):
        mix(processor, data, str(path))
    with pytest.raises(DataError, match="1 rows are broken, more than max_skipped_share, 0.0, allows"):
        list(mix(processor, data, str(path), streaming=True)[0])


@pytest.mark.parametrize("lines", [1, 2, 40])
def test_files_without_a_conversation_are_an_error(processor, data: Path, lines: int) -> None:
    path = data / "diary.jsonl"
    path.write_text("Dear diary, nothing today.\n" * lines)
    with pytest.raises(DataError, match="row 0 is not a conversation"):
        mix(processor, data, str(path), max_skipped_share=0.5)
    message = (
        "11 rows are broken, more than max_skipped_share, 0.01, allows. The last: .*row 10" if lines > 10 else "no row"
    )
    with pytest.raises(DataError, match=message):
        mix(processor, data, str(path), streaming=True, max_skipped_share=0.01)
    assert len((data / "skipped.jsonl").read_text().splitlines()) == min(lines, 11)


VIDEO = "<|video|>" * 4


@pytest.mark.parametrize(
    ("form", "row", "text"),
    [
        (
            "original",
            {"instruction": "Human: Draw\na cat.\nAssistant: <vid0>a cat</vid0>\n\nHuman: Ta.", "video": "a.mp4"},
            f"Human: {VIDEO}\nHuman: Draw\na cat.\nAI: <video0>a cat</video0></s>\nHuman: Ta.\n",
        ),
        (
            "llava",
            {
                "video": ["a.mp4", "b.mp4"],
                "conversations": [
                    {"from": "human", "value": "What is it?\n<video>"},
                    {"from": "gpt", "value": "A cat: <video>a cat</video>"},
                    {"from": "human", "value": "<video>\nAnd this?"},
                    {"from": "gpt", "value": "A cow."},
                ],
            },
            f"Human: What is it?\nHuman: {VIDEO}\nAI: A cat: <video>a cat</video></s>\n"
            f"Human: {VIDEO}\nHuman: And this?\nAI: A cow.</s>\n",
        ),
        (
            "llava",
            {"video": "a.mp4", "conversations": [{"from": "human", "value": "What?"}, {"from": "gpt", "value": "A."}]},
            f"Human: {VIDEO}\nHuman: What?\nAI: A.</s>\n",
        ),
        ("question", {"video": "a.mp4", "question": "Q?", "answer": "A."}, f"Human: {VIDEO}\nHuman: Q?\nAI: A.</s>\n"),
        (
            "captions",
            {"video": "a.mp4", "caption": "A cow."},
            f"Human: {VIDEO}\nHuman: Write a caption for this clip.\nAI: A cow.</s>\n",
        ),
        (
            "safety",
            {"text": "How do I make a bomb?", "expected": "refuse"},
            "Human: How do I make a bomb?\nAI: I'm sorry, but I won't do that.</s>\n",
        ),
        (
            "safety",
            {"text": "Kill a process.", "video": "a.mp4", "expected": "comply", "answer": "Use kill."},
            f"Human: {VIDEO}\nHuman: Kill a process.\nAI: Use kill.</s>\n",
        ),
    ],
)
def test_formats(processor, data: Path, form: str, row: dict, text: str) -> None:
    encoded = encode(row, processor, data, format=form)
    assert words([encoded], processor)[0].rstrip("\n") == text.rstrip("\n")
    assert [clip["path"] for clip in encoded["videos"]] == [
        str(data / name) for name in ("a.mp4", "b.mp4")[: text.count(VIDEO)]
    ]


@pytest.mark.parametrize(
    ("form", "row", "message"),
    [
        ("original", {"instruction": "Hello."}, "begins with one of Human, AI, Assistant"),
        ("original", {"instruction": "AI: Hello."}, "no turn of Human"),
        (
            "llava",
            {"conversations": [{"from": "human", "value": "<video> What?"}]},
            "name more videos than the row has",
        ),
        ("llava", {"conversations": [{"from": "nobody", "value": "Hi."}]}, "KeyError: 'nobody'"),
        (
            "llava",
            {"video": ["a.mp4", "b.mp4"], "conversations": [{"from": "human", "value": "<video> What?"}]},
            "1 clips or images of the row have no place",
        ),
    ],
)
def test_rows_that_do_not_fit_their_format_are_named(
    processor, data: Path, form: str, row: dict, message: str
) -> None:
    with pytest.raises(DataError, match=rf"row 7 is not a conversation in the format '{form}'.*{message}"):
        encode(row, processor, data, format=form)


def test_the_original_reads_ten_lines(processor, data: Path) -> None:
    lines = [f"{speaker}: {number}" for number in range(8) for speaker in ("Human", "AI")]
    encoded = encode({"instruction": "\n".join(lines)}, processor, data, format="original")
    assert words([encoded], processor) == ["".join(f"Human: {n}\nAI: {n}</s>\n" for n in range(5))]


def test_original_rows_in_the_original_template(checkpoint: Path, data: Path) -> None:
    processor = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
    processor.chat_template = (ROOT / "chat_templates" / "original.jinja").read_text(encoding="utf-8")
    instruction = "Human: What is it?\nAI: A cat. <video>a cat</video>"
    encoded = encode({"instruction": instruction, "video": "a.mp4"}, processor, data, format="original")
    text = processor.tokenizer.decode(encoded["input_ids"])
    assert text.startswith(f"Human:{VIDEO}<s> The following is") and text.endswith(f"questions.\n{instruction}")


def test_sources_of_every_kind(processor, data: Path) -> None:
    answers = ["A.", "B.", "C."]
    records = [{"video": "a.mp4", "caption": answer} for answer in answers]
    folder = data / "folder"
    folder.mkdir()
    write_clips(folder)
    (folder / "metadata.jsonl").write_text(
        "".join(
            json.dumps({"file_name": f"{n}.mp4", "caption": answer}) + "\n"
            for n, answer in zip("ab", answers, strict=False)
        )
    )
    Dataset.from_list(records).to_parquet(data / "rows.parquet")
    (data / "lists.json").write_text(json.dumps({"train": records, "test": records[:1]}))
    (data / "list.json").write_text(json.dumps(records))
    (data / "rows.csv").write_text(
        "id,name\n" + "".join(f'{n},"{answer}"\n' for n, answer in zip("aba", answers, strict=True))
    )
    with tarfile.open(data / "shard-0.tar", "w") as archive:
        for number, answer in enumerate(answers):
            for name, content in (
                (f"{number}.mp4", (data / "a.mp4").read_bytes()),
                (f"{number}.txt", answer.encode()),
            ):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    sources = [
        {"path": str(data / "rows.parquet")},
        {"path": str(data / "lists.json")},
        {"path": str(data / "list.json")},
        {"path": str(data / "rows.csv"), "columns": {"video": "{id}.mp4", "caption": "name"}},
        {"path": str(data / "shard-*.tar"), "columns": {"video": "mp4", "caption": "txt"}},
        {"path": str(folder)},
    ]
    collator = ClipCollator(processor, data / "skipped.jsonl")
    for source in sources:
        for streaming in (False, True):
            rows, counts = mix(processor, data, source | {"format": "captions"}, streaming=streaming)
            rows = list(rows)
            expected = answers[:2] if source["path"] == str(folder) else answers
            assert [text.rpartition("AI: ")[2] for text in words(rows, processor)] == [f"{a}</s>\n" for a in expected]
            assert collator(rows)["pixel_values_videos"].shape == (len(expected), 8, 3, 16, 16), source
            assert counts == ({} if streaming else {source["path"]: {"rows": len(expected), "dropped": {}}})
    assert not (data / "skipped.jsonl").exists()
    (row,) = mix(processor, data, {"path": str(data / "lists.json"), "format": "captions", "split": "test"})[0]
    assert words([row], processor)[0].endswith("AI: A.</s>\n")


def captioned(processor, data: Path, source: dict, streaming: bool) -> list[tuple[str, str]]:
    """Pairs of the name of a clip and the words said about it."""
    rows = list(mix(processor, data, source | {"format": "captions"}, streaming=streaming)[0])
    said = [text.rpartition("AI: ")[2].removesuffix("</s>\n") for text in words(rows, processor)]
    return [(Path(row["videos"][0]["path"]).name, text) for row, text in zip(rows, said, strict=True)]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("table", ["metadata.csv", "metadata.parquet", "metadata.jsonl"])
def test_a_folder_of_clips_has_any_table(processor, data: Path, table: str, streaming: bool) -> None:
    folder = data / "folder"
    folder.mkdir()
    write_clips(folder)
    rows = Dataset.from_list([{"file_name": f"{name}.mp4", "caption": f"An {name}."} for name in "ab"])
    getattr(rows, {"csv": "to_csv", "parquet": "to_parquet", "jsonl": "to_json"}[table.split(".")[1]])(folder / table)
    found = captioned(processor, data, {"path": str(folder)}, streaming)
    assert found == [("a.mp4", "An a."), ("b.mp4", "An b.")]


@pytest.mark.parametrize("streaming", [False, True])
def test_folders_of_classes_give_their_names(processor, data: Path, streaming: bool) -> None:
    for at, name in enumerate(["zebra crossing", "archery"]):
        folder = data / "classes" / name
        folder.mkdir(parents=True)
        shutil.copy(data / "a.mp4", folder / f"{at}.mp4")
    source = {"path": str(data / "classes"), "columns": {"caption": "label"}}
    found = captioned(processor, data, source, streaming)
    assert sorted(found) == [("0.mp4", "zebra crossing"), ("1.mp4", "archery")]


def test_rows_without_a_class_say_nothing(processor, data: Path) -> None:
    features = Features({"video": Value("string"), "label": ClassLabel(names=["fox", "cow"])})
    rows = Dataset.from_dict({"video": ["a.mp4"] * 4, "label": [1, -1, None, 0]}, features=features)
    rows.to_parquet(data / "labels.parquet")
    source = {"path": str(data / "labels.parquet"), "columns": {"caption": "label"}}
    assert [text for _, text in captioned(processor, data, source, False)] == ["cow", "fox"]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(("suffix", "separator"), [("csv", ","), ("tsv", "\t")])
def test_cells_of_tables_are_words(processor, data: Path, suffix: str, separator: str, streaming: bool) -> None:
    lines = [("videoid", "name"), ("000001", "None"), ("1e5", "07"), ("2", "")]
    path = data / f"cells.{suffix}"
    path.write_text("".join(separator.join(line) + "\n" for line in lines))
    source = {"path": str(path), "columns": {"video": "{videoid}.mp4", "caption": "name"}}
    assert captioned(processor, data, source, streaming) == [("000001.mp4", "None"), ("1e5.mp4", "07")]


def test_captions_without_a_clip_are_not_learned(processor, data: Path) -> None:
    path = data / "some.csv"
    path.write_text("video,caption\na.mp4,A fox.\n,A cow.\n")
    source = {"path": str(path), "format": "captions"}
    rows, counts = mix(processor, data, source, max_skipped_share=0.01)
    assert len(rows) == 1 and counts[str(path)]["dropped"] == {"not a conversation": 1}
    with pytest.raises(DataError, match="row 1 .*: the row has a caption but neither `video` nor `image`"):
        mix(processor, data, source)


def test_a_folder_gives_the_files_of_its_split(processor, data: Path) -> None:
    folder = data / "set"
    folder.mkdir()
    for name in ("train", "test"):
        write_rows(folder, [turns(name)], f"{name}.jsonl")
    for split in ("train", "test"):
        for streaming in (False, True):
            rows = mix(processor, data, {"path": str(folder), "split": split}, streaming=streaming)[0]
            assert words(list(rows), processor) == [f"Human: {split}\nAI: {split}</s>\n"]
    with pytest.raises(DataError, match="holds no file of the split 'validation'"):
        mix(processor, data, {"path": str(folder), "split": "validation"})
    write_rows(folder, [turns("valid")], "my_dev.JSONL")
    rows = mix(processor, data, {"path": str(folder), "split": "validation"})[0]
    assert words(list(rows), processor) == ["Human: valid\nAI: valid</s>\n"]
    (data / "clone" / "data").mkdir(parents=True)
    (data / "clone" / "dataset_infos.json").write_text("{}")
    write_rows(data / "clone" / "data", [turns("x")], "latest.jsonl")  # a name that holds "test" is no split
    assert len(mix(processor, data, str(data / "clone"))[0]) == 1
    (data / "x.json").write_text(json.dumps({"test": []}))
    with pytest.raises(DataError, match="x.json cannot be read as rows of the split 'train': .* its keys are test"):
        mix(processor, data, str(data / "x.json"))
    (data / "x.json").write_text(json.dumps({"info": {}, "data": [turns("x")], "dev": [turns("y"), turns("z")]}))
    for split, count in (("train", 1), ("dev", 2)):
        assert len(mix(processor, data, {"path": str(data / "x.json"), "split": split})[0]) == count


def test_relative_clips_start_at_the_media_folder(processor, data: Path) -> None:
    (data / "lists").mkdir()
    source = write_rows(data / "lists", [clip_row()])
    (row,) = mix(processor, data, {"path": str(source), "media_folder": str(data)})[0]
    assert row["videos"] == [{"path": str(data / "a.mp4"), "bytes": None}]


def test_weights_give_the_shares_and_the_seed_the_order(processor, data: Path) -> None:
    sources = [
        {"path": str(write_rows(data, [turns(f"{name}{n}") for n in range(count)], f"{name}.jsonl")), "weight": weight}
        for name, count, weight in (("x", 30, 3.0), ("y", 40, 1.0))
    ]
    for streaming in (False, True):
        orders = [
            [row["row"] for row in mix(processor, data, *sources, seed=seed, streaming=streaming)[0]]
            for seed in (0, 0, 1)
        ]
        assert orders[0] == orders[1] != orders[2]
        assert 0.65 < sum("x.jsonl" in row for row in orders[0]) / len(orders[0]) < 0.85
        assert {row.rpartition("/")[2] for row in orders[0]} == {f"x.jsonl:{n}" for n in range(30)} | {
            f"y.jsonl:{n}" for n in range(40)
        }
    plain = [
        row["row"].rpartition("/")[2] for row in mix(processor, data, *(s["path"] for s in sources), max_rows=2)[0]
    ]
    assert plain == ["x.jsonl:0", "x.jsonl:1", "y.jsonl:0", "y.jsonl:1"]


def test_a_stream_is_shuffled_within_its_buffer(processor, data: Path) -> None:
    source = str(write_rows(data, [turns(str(number)) for number in range(30)]))
    orders = [
        [int(row["row"].rpartition(":")[2]) for row in mix(processor, data, source, streaming=True, **flags)[0]]
        for flags in ({}, {"shuffle_buffer": 8}, {"shuffle_buffer": 8}, {"shuffle_buffer": 8, "seed": 1})
    ]
    assert orders[0] == list(range(30)) != orders[1] == orders[2] != orders[3]
    assert all(sorted(order) == orders[0] for order in orders)
    assert all(row < at + 8 for at, row in enumerate(orders[1]))  # what is far ahead waits
    assert words(mix(processor, data, source, streaming=True, shuffle_buffer=8)[0], processor) == [
        f"Human: {number}\nAI: {number}</s>\n" for number in orders[1]
    ]


def turns(text: str) -> dict:
    return {"messages": [turn("user", text), turn("assistant", text)]}


def test_two_processes_encode_what_one_encodes(processor, data: Path) -> None:
    rows = [text_row() if number % 3 else clip_row() for number in range(9)]
    one, two = (write_rows(data, rows, name) for name in ("one.jsonl", "two.jsonl"))
    processor.chat_template = processor.chat_template.replace("The following", "What follows")
    encoded = [mix(processor, data, str(path), num_proc=count)[0] for path, count in ((one, None), (two, 2))]
    names = ["input_ids", "labels", "length"]
    assert [encoded[0][name][:] for name in names] == [encoded[1][name][:] for name in names]
    assert "What follows" in processor.tokenizer.decode(encoded[1][0]["input_ids"])


def test_a_stream_writes_down_what_it_drops(processor, data: Path) -> None:
    source = write_rows(data, [text_row(), {"messages": [turn("user", "Hi.")]}, clip_row()], "mixed.jsonl")
    rows = list(mix(processor, data, str(source), streaming=True)[0])
    assert len(rows) == 2
    assert [json.loads(line) for line in (data / "skipped.jsonl").read_text().splitlines()] == [
        {"row": f"{source}:1", "dropped": "no answer"}
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"file": "x"}, "a dataset has a path"),
        ({"path": "x", "weigth": 1}, "a dataset has a path, and any of format, weight"),
        ({"path": "x", "format": "vqa"}, "x: the format is 'vqa'; use one of messages"),
        ({"path": "x", "weight": 0}, "the weight is 0; it must be a number above 0"),
        ({"path": "x", "weight": True}, "the weight is True; it must be a number above 0"),
        ({"path": "x", "columns": ["a"]}, r"columns is \['a'\]; for 'messages' it must map names of messages to col"),
        ({"path": "x", "columns": {"messages": 1}}, "columns is {'messages': 1}; for 'messages' it must map"),
        (
            {"path": "x", "format": "captions", "columns": {"vidoe": "file"}},
            "columns is {'vidoe': 'file'}; for 'captions' it must map names of caption, video, image to columns",
        ),
    ],
)
def test_entries_that_make_no_sense_are_errors(entry: dict, message: str) -> None:
    for value in (entry, json.dumps(entry)):
        with pytest.raises(DataError, match=message):
            DataSource.parse(value)


def test_weights_for_some_are_an_error(processor, data: Path) -> None:
    with pytest.raises(DataError, match="Give all datasets a weight, or none"):
        mix(processor, data, {"path": "x", "weight": 1}, "y")


def test_collator_pads_right_and_skips_unreadable_clips(processor, data: Path) -> None:
    rows = [encode(row, processor, data) for row in (clip_row(), text_row(), clip_row("missing.mp4"), two_clip_row())]
    collator = ClipCollator(processor, data / "skipped.jsonl")
    batch = collator(rows)
    assert batch["pixel_values_videos"].shape == (4, 8, 3, 16, 16)
    for at, row in enumerate((rows[0], rows[1], rows[3])):
        length = row["length"]
        assert batch["input_ids"][at, :length].tolist() == row["input_ids"]
        assert batch["labels"][at, :length].tolist() == row["labels"]
        assert batch["attention_mask"][at].tolist() == [1] * length + [0] * (batch["labels"].shape[1] - length)
        assert (batch["labels"][at, length:] == -100).all()
    (skipped,) = (json.loads(line) for line in (data / "skipped.jsonl").read_text().splitlines())
    assert skipped["row"].endswith(":7") and "missing.mp4" in skipped["error"]
    assert (collator([rows[2]])["labels"] == -100).all()


def test_images_are_read_too(processor, data: Path) -> None:
    Image.new("RGB", (20, 30), "red").save(data / "a.png")
    content = [{"type": "image", "path": "a.png"}, {"type": "video", "path": "a.mp4"}, {"type": "text", "text": "?"}]
    row = encode({"messages": [{"role": "user", "content": content}, turn("assistant", "Red.")]}, processor, data)
    missing = encode({"messages": [turn("user", "?"), turn("assistant", "Red.")]}, processor, data)
    missing["images"] = [{"path": str(data / "b.png"), "bytes": None}]
    batch = ClipCollator(processor, data / "skipped.jsonl")([row, missing])
    assert batch["pixel_values"].shape == (1, 3, 16, 16) and batch["pixel_values_videos"].shape == (1, 8, 3, 16, 16)
    assert batch["input_ids"].tolist() == [row["input_ids"]]
    assert "b.png" in (data / "skipped.jsonl").read_text()
