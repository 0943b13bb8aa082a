# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Answers to questions, graded by a language model of your choice by the protocol of Video-ChatGPT."""

import ast
from pathlib import Path
from typing import Any

from gpt4video.endpoint_gpt4video import Endpoint, EndpointError
from gpt4video.lines_gpt4video import call_all, read_lines, write_lines
from gpt4video.metrics_gpt4video import share


JUDGE_WORKERS = 4  # calls at a time
JUDGE_PROTOCOL = 2  # counts the wordings of the request; verdicts on another one are asked for anew
# The wording of Video-ChatGPT (quantitative_evaluation/evaluate_activitynet_qa.py), letter by letter.
JUDGE_SYSTEM = (
    "You are an intelligent chatbot designed for evaluating the correctness of generative outputs for question-answer "
    "pairs. Your task is to compare the predicted answer with the correct answer and determine if they match "
    "meaningfully. Here's how you can accomplish the task:------##INSTRUCTIONS: - Focus on the meaningful match "
    "between the predicted answer and the correct answer.\n- Consider synonyms or paraphrases as valid matches.\n"
    "- Evaluate the correctness of the prediction compared to the answer."
)
JUDGE_REQUEST = (
    "Please evaluate the following video-based question-answer pair:\n\nQuestion: {question}\n"
    "Correct Answer: {answer}\nPredicted Answer: {pred}\n\nProvide your evaluation only as a yes/no and score where "
    "the score is an integer value between 0 and 5, with 5 indicating the highest meaningful match. Please generate "
    "the response in the form of a Python dictionary string with keys 'pred' and 'score', where value of 'pred' is  a "
    "string of 'yes' or 'no' and value of 'score' is in INTEGER, not STRING.DO NOT PROVIDE ANY OTHER OUTPUT TEXT OR "
    "EXPLANATION. Only provide the Python dictionary string. For example, your response should look like this: "
    "{{'pred': 'yes', 'score': 4.8}}."
)


def parse_verdict(text: str) -> dict[str, Any] | None:
    """Read `{'pred': 'yes' | 'no', 'score': 0 to 5}` out of a judge's reply; `None` if it is anything else."""
    start, stop = text.find("{"), text.rfind("}")
    try:
        verdict = ast.literal_eval(text[start : stop + 1])
        found = {"pred": str(verdict["pred"]).strip().lower(), "score": float(verdict["score"])}
    # Deep nesting is more than the parser bears.
    except (SyntaxError, ValueError, KeyError, TypeError, OverflowError, RecursionError, MemoryError):
        return None
    return found if found["pred"] in ("yes", "no") and 0 <= found["score"] <= 5 else None


def ask_judge(item: dict, endpoint: Endpoint) -> dict:
    """Ask for the verdict on an answer; it is in `raw`, or in `error` why there is none."""
    request = JUDGE_REQUEST.format(question=item["text"], answer=item["answer"], pred=item["reply"])
    messages = [{"role": "system", "content": JUDGE_SYSTEM}, {"role": "user", "content": request}]
    line = {"id": item["id"], "asked": endpoint.model, "protocol": JUDGE_PROTOCOL, "reply": item["reply"]}
    try:
        answer = endpoint.ask(messages, temperature=0, max_tokens=64)
    except EndpointError as error:
        return line | {"error": str(error)}
    return line | {"raw": answer.text, "model": answer.model}


def judge(predictions: list[dict], endpoint: Endpoint, output: Path) -> dict[str, Any]:
    """Let a model grade answers by the protocol of Video-ChatGPT; every raw reply is kept in `judged.jsonl`.

    A verdict that cannot be read counts as such and is not asked for again; a request that got no answer is counted,
    and made again when the judge is called again. What was judged is not judged again. A prediction without a reply is
    wrong, with a score of 0.

    Raises:
        AccessError: If the endpoint refuses the key, knows no such model or is down.
    """
    path = output / "judged.jsonl"
    answered = [item for item in predictions if "reply" in item]
    asked = {item["id"]: (endpoint.model, JUDGE_PROTOCOL, item["reply"]) for item in answered}
    known = {
        line["id"]: line
        for line in read_lines(path)
        if "raw" in line and (line["asked"], line.get("protocol"), line["reply"]) == asked.get(line["id"])
    }
    write_lines(path, list(known.values()))
    left = [item for item in answered if item["id"] not in known]
    new = call_all(lambda item: ask_judge(item, endpoint), left, JUDGE_WORKERS, path)
    known |= {line["id"]: line for line in new}
    lines = [known[item["id"]] for item in answered]
    verdicts = [parse_verdict(line["raw"]) for line in lines if "raw" in line]
    readable = [verdict for verdict in verdicts if verdict]
    graded = readable + [{"pred": "no", "score": 0.0}] * (len(predictions) - len(answered))
    return {
        "accuracy": share(verdict["pred"] == "yes" for verdict in graded),
        "mean_score": sum(verdict["score"] for verdict in graded) / len(graded) if graded else None,
        "unreadable": len(verdicts) - len(readable),
        "failed_calls": len(lines) - len(verdicts),
        "models": sorted({line["model"] for line in lines if "raw" in line}),
    }
