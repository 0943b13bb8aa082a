# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Publish a model folder on the Hub: weights, code, tokenizer, guards, adapters and card, in one commit.

    python publish_gpt4video.py acme/gpt4video-small --sources --adapter outputs/instruct
    python publish_gpt4video.py acme/gpt4video-mine --model outputs/full --private --dry_run

What is taken is decided by what opening the model needs: its settings, safetensors, the code that `config.json` and
`processor_config.json` name with all that it imports, chat templates, `prompt_guard/` and `text_to_video/`; and by
what the card shows: its links, pictures and clips, the examples of its widget. Nothing else of the folder is looked
at, but with `--sources` all that git tracks there. An adapter is told the published model as its base; it goes to
`adapters/NAME`, or stays where it is if that is a folder of the model itself.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, ModelCard, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError
from huggingface_hub.utils import validate_repo_id
from safetensors import SafetensorError, safe_open
from transformers.dynamic_module_utils import get_relative_import_files
from yaml import YAMLError


CARD, INDEX = "README.md", "model.safetensors.index.json"
NEEDED = (CARD, "config.json", "processor_config.json", "tokenizer_config.json")
WANTED = ("generation_config.json", "tokenizer.json", "tokenizer.model", "special_tokens_map.json")
WANTED += ("chat_template.jinja", "chat_templates/*.jinja", "handler.py", "requirements.txt", "LICENSE*", "NOTICE*")
PARTS = ("prompt_guard", "text_to_video")  # models of their own that the code opens beside the main one
PART_FILES = {".json", ".safetensors", ".txt", ".model", ".jinja", ".md"}
ADAPTER_FILES = ADAPTER_SETTINGS, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
MEDIA = r"(?<![\w./-])[\w-][\w./-]*\.(?:mp4|webm|gif|webp|png|jpe?g)\b"
ROOT_WEIGHTS = r"(?:model|pytorch_model)(?:-\d+-of-\d+)?\.(?:safetensors|bin)(?:\.index\.json)?"
SECRET_NAMES = r"\.env.*|\.netrc|\.git-credentials|\.npmrc|\.pypirc|id_(?:rsa|ed25519).*|.*\.(?:pem|p12|key)"
SECRETS = rb"\bhf_[A-Za-z0-9]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
HINTS = {
    401: "Log in again with `hf auth login`, or set HF_TOKEN to a token that is valid.",
    403: "The token may not write there: take one with write access, or another REPO_ID.",
    404: "There is no such repository or revision, or the token does not see it.",
    409: "Something else was published meanwhile; run the command again.",
    412: "Something else was published meanwhile; run the command again.",
}

Files = dict[str, Path | bytes]


class PublishError(ValueError):
    """The folder cannot be published as it is, or the Hub does not take it. The message says what to do."""


def check(condition: Any, message: str) -> None:
    """Raise `PublishError` unless `condition` is true."""
    if not condition:
        raise PublishError(message)


def read_settings(path: Path) -> dict:
    """Read a JSON object."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PublishError(f"{path} is not JSON: {error}.") from error
    check(isinstance(settings, dict), f"{path} holds no JSON object.")
    return settings


def references(settings: Any) -> Iterator[str]:
    """Find what `auto_map` and `custom_pipelines` name, `file.Class`, at any depth of some settings."""
    for name, value in settings.items() if isinstance(settings, dict) else ():
        if name == "auto_map":
            for reference in value.values():
                yield from filter(None, reference if isinstance(reference, list) else [reference])
        elif name == "custom_pipelines":
            yield from (entry["impl"] for entry in value.values())
        else:
            yield from references(value)


def code_files(folder: Path) -> set[Path]:
    """List the code that the settings of a folder name, and the siblings that it imports."""
    settings = [read_settings(path) for path in sorted(folder.glob("*config.json"))]
    named = {folder / f"{reference.rpartition('.')[0]}.py" for part in settings for reference in references(part)}
    for path in sorted(named):
        check(path.is_file(), f"{folder}: the settings name code in {path.name}, which is not in the folder.")
    try:
        return named | {Path(sibling) for path in named for sibling in get_relative_import_files(path)}
    except FileNotFoundError as error:
        raise PublishError(f"{folder}: the code imports {Path(error.filename).name}, which is not there.") from error


def weight_files(folder: Path) -> set[Path]:
    """List the weights at the root of a folder, one file or an index with its shards."""
    weights, index = folder / "model.safetensors", folder / INDEX
    if weights.is_file() or not index.is_file():
        check(weights.is_file(), f"{folder} holds no model.safetensors; no other format of weights is published.")
        return {weights}
    shards = {folder / name for name in read_settings(index).get("weight_map", {}).values()}
    missing = sorted(path.name for path in shards if not path.is_file())
    check(shards and not missing, f"{index} names {', '.join(missing) or 'no shards'}; they are not there.")
    return {index, *shards}


def shown_files(folder: Path, card: str) -> set[Path]:
    """List what a card shows of its folder: links and examples of the widget, which must be there, and media."""
    try:
        widget = ModelCard(card, ignore_metadata_errors=False).data.get("widget") or []
    except (ValueError, YAMLError) as error:
        raise PublishError(f"{folder / CARD}: its front matter is not valid: {error}") from error
    outputs = [example.get("output") or {} for example in widget]
    shown = [example.get("src") for example in widget] + [dict(output).get("url") for output in outputs]
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", card, flags=re.MULTILINE | re.DOTALL)
    shown += re.findall(r"\]\(<?([^)>#\s]+)", text)
    paths = {folder / name for name in shown if name and not re.match(r"[a-z][a-z+.-]*:|//", name)}
    for path in sorted(paths):
        is_there = path.is_file() and ".." not in path.relative_to(folder).parts
        check(is_there, f"{folder / CARD} shows {path.relative_to(folder)}, which is not a file there.")
    media = {folder / name for name in re.findall(MEDIA, card) if ".." not in Path(name).parts}
    return paths | {path for path in media if path.is_file()}


def tracked_files(folder: Path) -> set[Path]:
    """List what git tracks in a folder."""
    command = ["git", "-C", str(folder), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError) as error:
        why = (getattr(error, "stderr", "") or str(error)).strip()
        raise PublishError(f"{folder}: --sources takes what git tracks, but git says: {why}") from error
    missing = [name for name in listed if name and not (folder / name).is_file()]
    check(not missing, f"{folder}: git tracks {', '.join(missing[:3])}, which is not there.")
    return {folder / name for name in listed if name}


def model_files(folder: Path, repo_id: str, sources: bool = False) -> Files:
    """Gather what is published of a model folder, by the path that it gets."""
    is_adapter = (folder / ADAPTER_SETTINGS).is_file() and not (folder / "config.json").is_file()
    check(not is_adapter, f"{folder} is an adapter: publish its base as --model, with --adapter {folder}.")
    for name in NEEDED:
        check((folder / name).is_file(), f"{folder} holds no {name}, so it is not a whole model with its card.")
    # A run writes its own place into its card; a reader has only the repository.
    card = (folder / CARD).read_text(encoding="utf-8").replace(folder.resolve().as_posix(), repo_id)
    paths = {folder / name for name in NEEDED} | {path for name in WANTED for path in folder.glob(name)}
    paths |= code_files(folder) | weight_files(folder) | shown_files(folder, card)
    for part in PARTS:
        files = {path for path in (folder / part).rglob("*") if path.suffix in PART_FILES and path.is_file()}
        has_weights = any(path.suffix == ".safetensors" for path in files)
        check(has_weights or not (folder / part).is_dir(), f"{folder / part} holds no safetensors.")
        paths |= files
    paths |= tracked_files(folder) if sources else set()
    return {path.relative_to(folder).as_posix(): path for path in sorted(paths)} | {CARD: card.encode()}


def adapter_files(adapter: Path, folder: Path, repo_id: str) -> Files:
    """Gather an adapter of the model in `folder`; it is told that its base is `repo_id`."""
    for name in ADAPTER_FILES:
        check((adapter / name).is_file(), f"{adapter} is no adapter, it holds no {name}.")
    settings = read_settings(adapter / ADAPTER_SETTINGS)
    base = settings.get("base_model_name_or_path") or ""
    is_own = base == repo_id or (base and Path(base).resolve() == folder.resolve())
    check(is_own, f"{adapter} was trained on {base or 'an unnamed model'}, not on {folder}: publish it with its base.")
    content = json.dumps(settings | {"base_model_name_or_path": repo_id}, indent=2) + "\n"
    place = adapter.resolve().name
    if adapter.resolve().parent != folder.resolve():
        place = f"adapters/{place}"
    return {f"{place}/{ADAPTER_SETTINGS}": content.encode(), f"{place}/{ADAPTER_WEIGHTS}": adapter / ADAPTER_WEIGHTS}


def read(content: Path | bytes) -> bytes:
    """Give the content of what goes up."""
    return content if isinstance(content, bytes) else content.read_bytes()


def size_of(content: Path | bytes) -> int:
    """Count the bytes of what goes up."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def check_files(files: Files, folders: list[Path]) -> None:
    """Refuse weights that do not open, secrets, and links that lead out of the folders."""
    # The Hub's own cache keeps a snapshot as links to its blobs.
    homes = [home for folder in folders for home in (folder.resolve(), folder.resolve().parent.parent / "blobs")]
    for name, content in files.items():
        if isinstance(content, Path):
            inside = any(content.resolve().is_relative_to(home) for home in homes)
            check(inside, f"{content} is a link to {content.resolve()}, outside of what is published.")
        check(not re.fullmatch(SECRET_NAMES, Path(name).name), f"{name} looks like a secret; take it out of git.")
        if name.endswith(".safetensors"):
            try:
                with safe_open(content, framework="pt") as weights:
                    check(weights.keys(), f"{content} holds no tensor.")
            except SafetensorError as error:
                raise PublishError(f"{content} is not whole ({error}).") from error
        elif size_of(content) < 10**7:
            secret = re.search(SECRETS, read(content))
            check(not secret, f"{name} holds what looks like a token or a private key; take it out and revoke it.")


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what the Hub, the network and their client raise into one `PublishError`."""
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        said = error.server_message or str(error).splitlines()[0]
        hint = HINTS.get(status, "Try again later.")
        raise PublishError(f"{what}: the Hub said {status}, {said}. {hint}") from error
    except (HTTPError, ConnectionError) as error:
        raise PublishError(f"{what}: the Hub cannot be reached ({error}). Nothing was published.") from error
    except RuntimeError as error:  # what an upload of large files raises around the cause
        raise PublishError(f"{what}: {error} {error.__cause__ or ''} Nothing was published.") from error
    except ValueError as error:
        raise error if isinstance(error, PublishError) else PublishError(f"{what}: {error}") from error


def publish(files: Files, repo_id: str, private: bool = False, revision: str | None = None) -> str:
    """Upload all files in one commit: until then, nobody sees any of them. Weights that they replace go.

    Args:
        files (`dict`): Paths or bytes, by their path in the repository.
        repo_id (`str`): `OWNER/NAME`; made if it is not there.
        private (`bool`): Whether only those with access to it may see it; one that is public already is refused.
        revision (`str`, *optional*): A branch, made if it is not there; defaults to `main`.

    Returns:
        `str`: The address of the commit.

    Raises:
        PublishError: If there is no token, it may not write there, or the Hub cannot be reached.
    """
    check(get_token(), "There is no token of the Hub: log in with `hf auth login`, or set HF_TOKEN.")
    api = HfApi()
    with explained(repo_id):
        api.create_repo(repo_id, private=private or None, exist_ok=True)
        is_private = not private or api.model_info(repo_id).private
        check(is_private, f"{repo_id} is there and public; make it private in its settings or choose another.")
        if revision:
            api.create_branch(repo_id, branch=revision, exist_ok=True)
        parent = api.model_info(repo_id, revision=revision).sha
        known = api.list_repo_files(repo_id, revision=parent)
        stale = [name for name in known if re.fullmatch(ROOT_WEIGHTS, name) and name not in files]
        operations = [CommitOperationAdd(name, content) for name, content in files.items()]
        operations += [CommitOperationDelete(name) for name in stale]
        message = f"Publish {repo_id.partition('/')[2]}"
        commit = api.create_commit(
            repo_id, operations, commit_message=message, revision=revision, parent_commit=parent
        )
    print("".join(f"removed {name}, which the new weights replace\n" for name in stale), end="")
    return commit.commit_url


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option, root = parser.add_argument, Path(__file__).resolve().parent
    option("repo_id", metavar="REPO_ID", help="OWNER/NAME on the Hub, made if it is not there")
    option("--model", type=Path, default=root, metavar="DIR", help="folder to publish (default: this one)")
    option("--adapter", type=Path, action="append", default=[], metavar="DIR", help="one of its adapters; repeatable")
    option("--sources", action="store_true", help="also all that git tracks in the folder")
    option("--private", action="store_true", help="visible only to those with access")
    option("--revision", metavar="BRANCH", help="publish on this branch (default: main)")
    option("--dry_run", action="store_true", help="check and list what would be published; no network")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Check, list and publish; 0 if all of it is on the Hub, 1 if nothing is."""
    args = parse_arguments(arguments)
    try:
        try:
            validate_repo_id(args.repo_id)
        except HFValidationError as error:
            raise PublishError(str(error)) from error
        check("/" in args.repo_id, f"{args.repo_id!r} names no owner: write OWNER/{args.repo_id}.")
        files = model_files(args.model, args.repo_id, args.sources)
        for adapter in args.adapter:
            parts = adapter_files(adapter, args.model, args.repo_id)
            check(not parts.keys() & files.keys(), f"{adapter}: there is another one of that name; rename the folder.")
            files |= parts
        check_files(files, [args.model, *args.adapter])
        for name, content in files.items():
            print(f"{size_of(content) / 1e6:12.3f} MB  {name}")
        print(f"{sum(map(size_of, files.values())) / 1e6:12.3f} MB  in {len(files)} files, to {args.repo_id}")
        card = files[CARD].decode()
        if not ModelCard(card).data.get("license"):
            print("note: the card names no license")
        if any(f"{place}/" in card for place in (Path.home(), Path.cwd())):
            print("note: the card names places on this machine")
        if not args.dry_run:
            print(publish(files, args.repo_id, args.private, args.revision))
    except (PublishError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was published unless an address was printed", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
