"""From published weights to a candidate's sentence encoder: both precisions, parity, what is lost, speed."""

import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from trainers.encoders import answering, candidate, export, golden, quantise, runtime, speed, variants
from trainers.encoders.export import SentenceTexts
from trainers.encoders.open_clip import HFTextEncoder
from trainers.encoders.spec import TextSpec
from trainers.encoders.texts import Tokens, read_tokenizer
from trainers.encoders.variants import Variant

NAME = "sentence"
MAX_TOKENS = 64
"""A title and the beginning of a description. Attention over 256 tokens takes four times as long."""
QUESTION = "something warm for the morning run"
MOST_DOCUMENTS = 1000
"""What an answer is nearer than is taken from so many products at most: some 10 ms of a core each."""
SEED = 7
SAMPLE = (
    "warm jacket for running in winter", "fleece jogging trousers", "a light summer dress", "leather office shoes",
    "present for a child that likes animals", "waterproof hiking boots", "kitchen knife", "wireless headphones",
    "thermal running tights", "cosy reading lamp", "yoga mat", "red party heels", "travel bag with wheels",
    "mug for coffee", "sports watch", "sunglasses for driving",
)  # fmt: skip
"""What int8 is compared on: the mean cosine to fp32 decides."""


LOSES = 0.01
"""int8 may turn vectors by a cosine of so much less than 1: neighbours are further apart (trainers.evaluation.search
measures what is published)."""


class Refused(Exception):
    """The weights are no sentence encoder that can be exported."""


def build(
    weights: str,
    credit: dict[str, str],
    folder: Path,
    console: Console,
    documents: Sequence[str] = (),
    called: Sequence[str] = (),
) -> None:
    """Exports the encoder into the candidate in the folder.

    Args:
        weights: a folder, or the name of a model on the Hugging Face hub, in the layout of sentence-transformers with
            mean pooling.
        credit: where the weights come from and under which licence, for the report.
        folder: the candidate; encoders that it has of other names stay.
        console: for people.
        documents: the shop's products as texts, by which it is measured what counts as an answer.
        called: what they are called.

    Raises:
        Refused: the weights cannot be had, or pool otherwise.
        ParityError: the exported files compute something else than torch.
    """
    tower, spec = load(weights)
    module = SentenceTexts(tower).eval()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        files = {kind: Path(made) / f"{kind}.onnx" for kind in ("fp32", "int8")}
        export.text(module, files["fp32"])
        quantise.text(files["fp32"], files["int8"])
        encoders = {kind: runtime.Texts(file, spec) for kind, file in files.items()}
        rows = golden.of_texts(spec, lambda ids, mask: _torch(module, ids, mask))
        parity = golden.check_texts(rows, encoders["fp32"], "ONNX Runtime")
        console.print(f"{NAME}: ONNX Runtime computes what torch does: {parity:.1g} at most")
        report = _choose(module, encoders, spec, files, folder / f"{NAME}.onnx")
    encoder = runtime.Texts(folder / f"{NAME}.onnx", spec)
    if documents:
        spec = replace(spec, answers_above=_answers_above(encoder, documents, called))
        report["answers_above"] = spec.answers_above
    candidate.add(folder, spec, golden.of_texts(spec, encoder.ids), {"parity": parity, "credit": credit, **report})


def _answers_above(encoder: runtime.Texts, documents: Sequence[str], called: Sequence[str]) -> float:
    some = random.Random(SEED).sample(documents, min(MOST_DOCUMENTS, len(documents)))  # noqa: S311 - no secret
    return answering.above(encoder, encoder(some), called)


def load(weights: str) -> tuple[HFTextEncoder, TextSpec]:
    """The encoder in torch, and how texts go in.

    Raises:
        Refused: the weights cannot be had, or pool otherwise.
    """
    folder = _folder(weights)
    pooling = folder / "1_Pooling" / "config.json"
    if pooling.exists() and not json.loads(pooling.read_text()).get("pooling_mode_mean_tokens"):
        raise Refused(f"{weights} does not take the mean of its tokens; only that is exported.")
    try:
        width = json.loads((folder / "config.json").read_text())["hidden_size"]
        tower = HFTextEncoder(str(folder), width, pooler_type="mean_pooler")
        tokenizer = read_tokenizer(folder / "tokenizer.json")
    except (OSError, KeyError, ValueError) as error:
        raise Refused(f"{weights} cannot be loaded as a sentence encoder: {error}") from error
    spec = TextSpec(NAME, "sentence", width, MAX_TOKENS, tower.config.pad_token_id or 0, tokenizer)
    return tower.eval(), spec


def _folder(weights: str) -> Path:
    if Path(weights).is_dir():
        return Path(weights)
    from huggingface_hub import snapshot_download  # only where a hub is asked

    try:
        return Path(snapshot_download(weights, allow_patterns=["*.json", "*.safetensors", "*.txt"]))
    except Exception as error:  # the library raises what its transport does
        raise Refused(
            f"{weights} is no folder here, and the hub does not give it: {type(error).__name__}. Name a folder."
        ) from error


def _choose(
    module: torch.nn.Module, encoders: dict[str, runtime.Texts], spec: TextSpec, files: dict[str, Path], target: Path
) -> dict[str, Any]:
    ids, mask = Tokens(spec)([QUESTION])
    times = speed.compare(
        {
            "eager": lambda: _torch(module, ids, mask),
            "fp32": lambda: encoders["fp32"].ids(ids, mask),
            "int8": lambda: encoders["int8"].ids(ids, mask),
        },
        1,
    )
    vectors = {kind: encoder(SAMPLE) for kind, encoder in encoders.items()}
    quality = {kind: float((found * vectors["fp32"]).sum(axis=1).mean()) for kind, found in vectors.items()}
    drift = {kind: golden.drift_of_texts(encoder) for kind, encoder in encoders.items()}
    both = {kind: Variant(files[kind], quality[kind], times[kind], drift[kind]) for kind in files}
    chosen = variants.choose(both["fp32"], both["int8"], LOSES)
    return variants.install(both, chosen, target, LOSES) | {
        "quality_is": f"mean cosine to fp32 on {len(SAMPLE)} texts",
        "eager_milliseconds": times["eager"],
        "speedup": round(times["eager"] / times[chosen], 2),
    }


def _torch(module: torch.nn.Module, *inputs: np.ndarray[Any, Any]) -> runtime.Vectors:
    with torch.inference_mode():
        vectors: runtime.Vectors = module(*(torch.from_numpy(value.copy()) for value in inputs)).numpy()
    return vectors
