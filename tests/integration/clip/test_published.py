"""Published weights of open_clip: their tokens, their sizes and their vectors are kept."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

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


def test_weights_that_cannot_be_had_are_said() -> None:
    with pytest.raises(ReleaseError, match="open_clip does not load no-such-model"):
        published.load("no-such-model", "nowhere.pt", {})
