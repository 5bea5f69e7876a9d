"""Encoders of texts and pictures on the inference server, for the services that ask them."""

from services.kit.encoders.inference import InferenceEncoders
from services.kit.encoders.kinds import PictureEncoder, TextEncoder
from services.kit.encoders.pictures import PreparedPictures

__all__ = ["InferenceEncoders", "PictureEncoder", "PreparedPictures", "TextEncoder"]
