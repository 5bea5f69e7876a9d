"""Which towers lie on the inference server while releases come, are tried and go."""

import json
import shutil
from contextlib import nullcontext
from typing import Any

import pytest
from aisle.recs.v1 import release_service_pb2 as pb
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from services.inference import config
from tests.unit.release.conftest import CONSOLE, Recs
from trainers.release import __main__ as program
from trainers.release import extract, model_repository, overtaken, places, publish, training
from trainers.release.errors import ReleaseError, Unavailable
from trainers.release.locks import making
from trainers.two_tower.files import REPORT


@pytest.fixture
def tried(recs: Recs) -> Recs:
    """1 was promoted once, 2 is, and 3 answers a share of the shoppers; there is a candidate for 4."""
    recs.add(1, pb.Release.STATE_RETIRED, promoted=10)
    recs.add(2, pb.Release.STATE_PROMOTED, promoted=20)
    recs.add(3, pb.Release.STATE_CANARY)
    recs.lay(recs.places.candidate)
    return recs


@pytest.fixture
def shop(tried: Recs, monkeypatch: pytest.MonkeyPatch) -> Recs:
    """Reached by the program."""
    monkeypatch.setattr(places, "from_flags", lambda _: tried.places)
    monkeypatch.setattr(program, "Services", lambda _: nullcontext(tried))
    return tried


def test_a_new_release_stands_beside_the_promoted_one_and_its_canary(tried: Recs) -> None:
    assert publish.publish(tried, tried.places, CONSOLE) == 4  # type: ignore[arg-type]
    assert tried.served == {2, 3, 4}
    for model in model_repository.MODELS:
        folder = tried.places.models / model
        written = text_format.Parse((folder / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
        assert config.versions(folder, written.version_policy) == [2, 3, 4], "the server serves all of them"


@pytest.mark.parametrize("held", [{}, {"features": {}}, {"features": None}])
def test_what_was_not_held_to_the_feature_views_is_not_published(tried: Recs, held: dict[str, Any]) -> None:
    (tried.places.candidate / REPORT).write_text(json.dumps({"data_fingerprint": "f", "gates": {"parity": {}}} | held))
    with pytest.raises(
        ReleaseError, match=r"held to the feature views\. Train it again: python -m trainers\.release train"
    ):
        publish.publish(tried, tried.places, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {1, 2, 3}
    assert not (tried.places.releases / "4").exists()


def test_a_release_that_is_not_taken_leaves_both_as_they_were(tried: Recs) -> None:
    tried.refuses = True
    with pytest.raises(ReleaseError, match="recs refuses"):
        publish.publish(tried, tried.places, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {2, 3}


def lose(recs: Recs, monkeypatch: pytest.MonkeyPatch, error: BaseException, then: BaseException | None = None) -> None:
    """Recs takes the release, and its reply never comes; neither do those to later questions, if `then` is given."""

    def taken() -> None:
        if then is not None:
            monkeypatch.setattr(Recs, "ListReleases", refuse)
        raise error

    def refuse(*_: object, **__: object) -> None:
        assert then is not None
        raise then

    monkeypatch.setattr(recs, "after_taking", taken)


def test_a_release_that_recs_has_stays_though_its_reply_is_lost(tried: Recs, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(tried, monkeypatch, Unavailable("Registering: nothing answers."))
    assert publish.publish(tried, tried.places, CONSOLE) == 4  # type: ignore[arg-type]
    assert tried.served == {2, 3, 4}


@pytest.mark.parametrize("then", [None, ReleaseError("recs hangs")])
def test_a_release_that_recs_has_or_may_have_stays_where_the_program_is_told_to_end(
    tried: Recs, monkeypatch: pytest.MonkeyPatch, then: ReleaseError | None
) -> None:
    lose(tried, monkeypatch, KeyboardInterrupt(), then)
    with pytest.raises(KeyboardInterrupt):
        publish.publish(tried, tried.places, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {2, 3, 4}


def test_a_release_that_nobody_can_say_recs_has_stays_and_that_is_said(
    tried: Recs, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(tried, monkeypatch, Unavailable("Registering: nothing answers."), ReleaseError("recs hangs"))
    with pytest.raises(ReleaseError, match="Nobody can say whether release 4 is registered"):
        publish.publish(tried, tried.places, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {2, 3, 4}
    assert (tried.places.releases / "4").is_dir()


def test_a_number_that_somebody_else_took_meanwhile_is_not_ours(tried: Recs, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken() -> None:
        tried.known[4].report = "of another"
        raise ReleaseError("ALREADY_EXISTS")

    monkeypatch.setattr(tried, "after_taking", taken)
    with pytest.raises(ReleaseError, match="ALREADY_EXISTS"):
        publish.publish(tried, tried.places, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {2, 3}


@pytest.mark.parametrize("done", [True, False])
def test_a_roll_back_whose_reply_is_lost_is_not_to_be_repeated_if_it_was_made(
    tried: Recs, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """The next one would take back what answers then."""

    def taken() -> None:
        if done:
            tried.known[2].state, tried.known[1].state = pb.Release.STATE_CANDIDATE, pb.Release.STATE_PROMOTED
        raise ReleaseError("INTERNAL: no reply.")

    monkeypatch.setattr(tried, "after_taking", taken)
    with nullcontext() if done else pytest.raises(ReleaseError, match="no reply"):
        assert publish.roll_back(tried, tried.places, CONSOLE) == 1  # type: ignore[arg-type]


def test_a_roll_back_of_which_nobody_can_say_whether_it_was_made_says_so(
    tried: Recs, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(tried, monkeypatch, Unavailable("Taking it back: nothing answers."), ReleaseError("recs hangs"))
    with pytest.raises(ReleaseError, match="look before you repeat it"):
        publish.roll_back(tried, tried.places, CONSOLE)  # type: ignore[arg-type]


def test_the_way_back_keeps_the_towers_of_a_canary(tried: Recs) -> None:
    model_repository.keep(tried.places.models, {2, 3})
    publish.promote(tried, tried.places, 1, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {1, 2, 3}


def test_a_canary_and_a_roll_back_find_their_towers_where_they_are_gone(tried: Recs) -> None:
    model_repository.keep(tried.places.models, {2, 3})
    assert publish.roll_back(tried, tried.places, CONSOLE) == 1  # type: ignore[arg-type]
    assert (tried.called, tried.served) == (pb.RollBackReleaseRequest(name="releases/2"), {1, 2, 3})
    model_repository.keep(tried.places.models, {2, 3})
    publish.canary(tried, tried.places, 1, 5, CONSOLE)  # type: ignore[arg-type]
    assert tried.called == pb.CanaryReleaseRequest(name="releases/1", traffic_percent=5)
    assert tried.served == {1, 2, 3}
    with pytest.raises(ReleaseError, match="no release 9"):
        publish.canary(tried, tried.places, 9, 5, CONSOLE)  # type: ignore[arg-type]


def test_towers_of_another_release_of_that_number_are_not_laid_out(tried: Recs) -> None:
    model_repository.keep(tried.places.models, {2, 3})
    tried.known[1].data_fingerprint = "ours"
    manifest = tried.places.releases / "1" / publish.MANIFEST
    manifest.write_text('{"data_fingerprint": "of another shop"}')
    with pytest.raises(ReleaseError, match=r"another release 1 than the one that recs knows.*--releases-dir"):
        publish.promote(tried, tried.places, 1, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {2, 3}
    manifest.write_text('{"data_fingerprint": "ours"}')
    publish.promote(tried, tried.places, 1, CONSOLE)  # type: ignore[arg-type]
    assert tried.served == {1, 2, 3}


def test_a_ranker_comes_and_goes_with_its_release(recs: Recs) -> None:
    recs.add(1, pb.Release.STATE_RETIRED, promoted=10, ranker=True)
    recs.add(2, pb.Release.STATE_PROMOTED, promoted=20)
    recs.lay(recs.places.candidate, ranker=True)
    assert publish.publish(recs, recs.places, CONSOLE) == 3  # type: ignore[arg-type]
    assert (recs.called.release.ranker_version, recs.rankers) == ("3", {3}), "nobody is answered with the first"
    model_repository.keep(recs.places.models, {2})
    assert publish.roll_back(recs, recs.places, CONSOLE) == 1  # type: ignore[arg-type]
    assert (recs.served, recs.rankers) == ({1, 2}, {1})
    shutil.rmtree(recs.places.candidate)
    recs.lay(recs.places.candidate)
    assert publish.publish(recs, recs.places, CONSOLE) == 4  # type: ignore[arg-type]
    assert recs.called.release.ranker_version == ""
    assert 4 not in recs.rankers


def test_towers_that_take_vectors_are_a_model_of_their_own(recs: Recs) -> None:
    """All versions of a model have the inputs of its one configuration."""
    recs.add(1, pb.Release.STATE_PROMOTED, promoted=10)
    recs.lay(recs.places.candidate, encoders=("clip_image",))
    assert publish.publish(recs, recs.places, CONSOLE) == 2  # type: ignore[arg-type]
    lies = {model: model_repository.numbers(recs.places.models / model) for model in model_repository.ALL}
    assert lies == {"user_tower": {1, 2}, "item_tower": {1}, "encoded_item_tower": {2}, "ranker": set()}
    configured = [
        {value.name: list(value.dims) for value in config.read(recs.places.models / model).input}
        for model in ("item_tower", "encoded_item_tower")
    ]
    assert configured[1] == configured[0] | {"encoder_vectors": [-1]}


def test_a_canary_ends_without_towers(tried: Recs) -> None:
    publish.canary(tried, tried.places, 3, 0, CONSOLE)  # type: ignore[arg-type]
    assert tried.called == pb.CanaryReleaseRequest(name="releases/3")


def test_no_training_by_itself_ends_a_canary(tried: Recs) -> None:
    with pytest.raises(ReleaseError, match="Release 3 answers a share of the shoppers"):
        overtaken.refuse_beside_canary(tried)  # type: ignore[arg-type]
    tried.known[3].state = pb.Release.STATE_CANDIDATE
    overtaken.refuse_beside_canary(tried)  # type: ignore[arg-type]


def test_retraining_beside_a_canary_says_what_to_do_before_anything_is_read(
    shop: Recs, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["retrain"]) == program.FAILED
    assert "canary --release 3 --percent 0" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "command", ["rollback", "promote --release 1", "canary --release 3 --percent 0", "canary --release 1 --percent 5"]
)
def test_what_answers_is_changed_while_something_is_trained(shop: Recs, command: str) -> None:
    with making(shop.places.releases):
        assert program.main(command.split()) == 0
    assert shop.called is not None


@pytest.mark.parametrize("command", ["extract", "train", "publish", "all"])
def test_a_second_trainer_is_kept_out(shop: Recs, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with making(shop.places.releases):
        assert program.main([command]) == program.FAILED
    assert "is being made in" in " ".join(capsys.readouterr().out.split())
    assert shop.called is None


@pytest.mark.parametrize(("at", "published"), [("publish", False), ("promote", True)])
def test_a_retraining_that_is_overtaken_says_so_and_names_no_way_round(
    shop: Recs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], at: str, published: bool
) -> None:
    shop.known[3].state = pb.Release.STATE_CANDIDATE

    def run(step: str, *_: object) -> None:
        if step == {"publish": "train", "promote": "publish"}[at]:
            shop.known[2].state, shop.known[1].state = pb.Release.STATE_RETIRED, pb.Release.STATE_PROMOTED
        ran.append(step)

    ran: list[str] = []
    monkeypatch.setattr(program, "_run", run)
    monkeypatch.setattr(program, "_probes", lambda *_: ())
    assert program.main(["retrain"]) == program.FAILED
    assert ran == ["extract", "train", *(["publish"] if published else [])]
    said = " ".join(capsys.readouterr().out.split())
    assert "Release 1 is promoted now; what was trained was compared with release 2, and does not answer." in said
    assert "is kept and goes on with" not in said


def test_what_was_promoted_while_a_retraining_extracts_is_what_it_is_compared_with(
    shop: Recs, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.known[3].state = pb.Release.STATE_CANDIDATE

    def run(step: str, *_: object) -> None:
        if step == "extract":
            shop.known[2].state, shop.known[1].state = pb.Release.STATE_RETIRED, pb.Release.STATE_PROMOTED

    monkeypatch.setattr(program, "_run", run)
    monkeypatch.setattr(program, "_probes", lambda *_: ())
    assert program.main(["retrain"]) == 0


def test_what_is_published_is_what_is_promoted(shop: Recs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "train", lambda *_: None)
    monkeypatch.setattr(extract, "extract", lambda *_: extract.Extract(1, 1, "1"))
    asked: list[str] = []
    monkeypatch.setattr(program, "_probes", lambda *_: [lambda: asked.append("recs")])
    assert program.main(["all"]) == 0
    assert shop.called == pb.PromoteReleaseRequest(name="releases/4")
    assert asked == ["recs"], "publishing waits until the shop is there"


def test_a_retraining_does_not_undo_what_somebody_did_meanwhile(tried: Recs) -> None:
    tried.known[3].state = pb.Release.STATE_CANDIDATE
    before = overtaken.begin(tried)  # type: ignore[arg-type]
    overtaken.refuse_changed(tried, before)  # type: ignore[arg-type]
    tried.known[2].state, tried.known[1].state = pb.Release.STATE_RETIRED, pb.Release.STATE_PROMOTED
    with pytest.raises(ReleaseError, match=r"Release 1 is promoted now; what was trained was compared with release 2"):
        overtaken.refuse_changed(tried, before)  # type: ignore[arg-type]
    tried.known[3].state = pb.Release.STATE_CANARY
    with pytest.raises(ReleaseError, match="Release 3 answers a share of the shoppers"):
        overtaken.refuse_changed(tried, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("train --max-seconds -5", "'-5' is no number from 0 up"),
        ("retrain --every nan", "'nan' is no number from 0 up"),
        ("retrain --every 0", "--every goes with retrain, and is a number of hours above 0"),
        ("canary --release 3", "canary needs --release N and --percent P"),
        ("canary --percent 5", "canary needs --release N and --percent P"),
        ("canary --release 3 --percent 100", "from 0 to 99"),
        ("promote --release 3 --percent 5", "--percent goes with canary"),
        ("rollback --release 3", "rollback takes the promoted release back"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: str, said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(arguments.split())
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
