"""Published weights of open_clip: their tokens, their sizes and their vectors are kept."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from trainers.clip import published
from trainers.encoders import export, golden, pictures, runtime
from trainers.encoders.open_clip import open_clip
from trainers.encoders.texts import Tokens
from trainers.release.errors import ReleaseError

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as somebody would publish it: a configuration and a file of weights."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "tiny-clip.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(folder)
    torch.manual_seed(1)
    torch.save(open_clip.create_model("tiny-clip").state_dict(), folder / "tiny.pt")
    return folder / "tiny.pt"


def test_its_texts_and_pictures_get_its_vectors(weights: Path, tmp_path: Path) -> None:
    made = published.load("tiny-clip", str(weights), {"name": "tiny"})
    model, _, preprocess = open_clip.create_model_and_transforms("tiny-clip", pretrained=str(weights))
    model.eval()
    export.text(made.texts, tmp_path / "texts.onnx")
    export.picture(made.pictures, tmp_path / "pictures.onnx", made.picture.height, made.picture.width)
    texts = runtime.Texts(tmp_path / "texts.onnx", made.text)
    looks = runtime.Pictures(tmp_path / "pictures.onnx", made.picture)
    asked = ["a red shoe", "Nike Men's   running shoes, size 42!", "Łódź café"]
    with torch.inference_mode():
        wanted = model.encode_text(open_clip.get_tokenizer("tiny-clip")(asked), normalize=True).numpy()
    np.testing.assert_allclose(texts(asked), wanted, atol=golden.TOLERANCE)

    from io import BytesIO

    from PIL import Image

    image = Image.effect_noise((32, 32), 90).convert("RGB")
    file = BytesIO()
    image.save(file, "PNG")
    with torch.inference_mode():
        seen = model.encode_image(preprocess(image)[None], normalize=True).numpy()
    np.testing.assert_allclose(looks([file.getvalue()]), seen, atol=golden.TOLERANCE)
    assert pictures.pixels(file.getvalue(), made.picture).shape == (32, 32, 3)


def test_its_tokens_are_those_of_open_clip(weights: Path) -> None:
    made = published.load("tiny-clip", str(weights), {})
    tokenizer = open_clip.get_tokenizer("tiny-clip")
    for text in golden.TEXTS[:-1]:
        ids, _ = Tokens(made.text)([text])
        expected = tokenizer([text])[0]
        assert ids[0].tolist() == expected[: ids.shape[1]].tolist(), text
        assert not expected[ids.shape[1] :].any()


SIGLIP = {
    "embed_dim": 16,
    "custom_text": True,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {
        "context_length": 24, "vocab_size": 400, "width": 32, "heads": 2, "layers": 1, "no_causal_mask": True,
        "pool_type": "last",
    },
}  # fmt: skip
ASKED = [*golden.TEXTS, published.TITLE, "snake_case, UPPER; (50% off)!"]


def pieces(folder: Path, **special: str) -> Path:
    """A tokenizer of sentence pieces such as SigLIP's: </s>, 1, ends a text and fills it up."""
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    names = ["<pad>", "</s>", "<unk>"]
    learnt = trainers.UnigramTrainer(vocab_size=300, special_tokens=names, unk_token="<unk>", show_progress=False)
    made.train_from_iterator([text.lower() for text in golden.TEXTS] + list(golden.TEXTS), learnt)
    made.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    kept = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "</s>"} | special
    PreTrainedTokenizerFast(tokenizer_object=made, **kept).save_pretrained(folder)
    return folder


@pytest.fixture
def siglip(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Name and weights of a model that takes such pieces, with what a test says of its tokenizer."""
    said: dict[str, Any] = getattr(request, "param", {})
    name = f"tiny-pieces-{abs(hash(str(tmp_path)))}"
    source = pieces(tmp_path / "tokenizer", **said.get("special", {}))
    text = SIGLIP["text_cfg"] | {"hf_tokenizer_name": str(source)} | said.get("text", {})
    (tmp_path / f"{name}.json").write_text(json.dumps(SIGLIP | {"text_cfg": text}))
    open_clip.add_model_config(tmp_path / f"{name}.json")
    torch.manual_seed(2)
    torch.save(open_clip.create_model(name).state_dict(), tmp_path / "tiny.pt")
    return name, str(tmp_path / "tiny.pt")


CLEAN = [{"text": {"tokenizer_kwargs": {"clean": kind}}} for kind in ("canonicalize", "lower", "whitespace")]


@pytest.mark.parametrize("siglip", CLEAN, indirect=True)
def test_pieces_are_those_of_open_clip_and_so_are_vectors(siglip: tuple[str, str], tmp_path: Path) -> None:
    made = published.load(*siglip, {})
    own = open_clip.get_tokenizer(siglip[0])
    assert made.text.pad_id == 1
    for text in ASKED:
        ids, _ = Tokens(made.text)([text])
        padded = ids[0].tolist() + [1] * (24 - ids.shape[1])
        assert padded == own([text])[0].tolist(), text
    export.text(made.texts, tmp_path / "texts.onnx")
    model = open_clip.create_model(siglip[0], pretrained=siglip[1]).eval()
    with torch.inference_mode():
        wanted = model.encode_text(own(ASKED), normalize=True).numpy()
    np.testing.assert_allclose(runtime.Texts(tmp_path / "texts.onnx", made.text)(ASKED), wanted, atol=golden.TOLERANCE)


@pytest.mark.parametrize(
    "siglip",
    [
        {"text": {"tokenizer_kwargs": {"strip_sep_token": True}}, "special": {"sep_token": "</s>"}},
        {"text": {"tokenizer_mode": "clips"}, "special": {"bos_token": "<pad>", "cls_token": "<pad>"}},
        {"text": {"tokenizer_kwargs": {"padding_side": "left"}}},
    ],
    indirect=True,
)
def test_tokens_that_serving_does_not_make_are_refused(siglip: tuple[str, str]) -> None:
    with pytest.raises(ReleaseError, match="cannot be served: its tokens of"):
        published.load(*siglip, {})


def test_weights_that_cannot_be_had_are_said() -> None:
    with pytest.raises(ReleaseError, match="open_clip does not load no-such-model"):
        published.load("no-such-model", "nowhere.pt", {})
