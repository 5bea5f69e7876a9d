"""5,000 REST calls that schemathesis makes of `/openapi.json`, good ones and bad ones, through the gateway."""

from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.transport import Response

from tests.fuzz.shop import Callers, leaks, spilt
from tests.support import samples
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
CALLS, SEED = 5_000, 20_261_125
TIMEOUT_S = 30.0
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
METHODS = {f"{m.containing_service.name}_{m.name}": m for m in samples.served("catalog", "users", "recs", "search")}
INTERNAL, UNKNOWN = 13, 2


class Found:
    """What came back."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.answered: Counter[str] = Counter()
        """Calls that went well, by operation."""
        self.wrong: list[str] = []

    def note(self, case: Case, answer: Response) -> None:
        """Counts an answer, and keeps what should not have come."""
        self.statuses[answer.status_code] += 1
        self.answered[case.operation.label] += answer.status_code == 200
        said = answer.content
        leaked = spilt(said) if answer.status_code == 200 else leaks(said, well=False)
        problems = [f"says {leak!r}" for leak in leaked]
        if answer.status_code >= 500:
            problems.append("failed")
        if answer.status_code >= 400 and not is_status(answer):
            problems.append("no google.rpc.Status")
        if problems:
            asked = answer.request
            request = f"{asked.method} {asked.url} {str(asked.body)[:300]}"
            self.wrong.append(f"{problems} {answer.status_code} {answer.content[:300]!r} for {request}")


def is_status(answer: Response) -> bool:
    """Whether an error is a google.rpc.Status with an ErrorInfo, and neither INTERNAL nor UNKNOWN."""
    try:
        said = answer.json()
        infos = [detail for detail in said["details"] if detail["@type"].endswith("google.rpc.ErrorInfo")]
        return len(infos) == 1 and said["code"] not in {INTERNAL, UNKNOWN} and bool(said["message"])
    except (ValueError, KeyError, TypeError):
        return False


def test_generated_calls(mesh: RunningMesh, callers: Callers) -> None:
    found = Found()
    with requests.Session() as session:
        session.trust_env = False
        schema = schemathesis.openapi.from_dict(session.get(f"{mesh.url}/openapi.json", timeout=TIMEOUT_S).json())
        operations = [result.ok() for result in schema.get_all_operations()]
        # A few operations have less than this to generate: the others make up for them.
        each = int(CALLS / (len(operations) * len(MODES)) * 1.1) + 1
        for operation in operations:
            for mode in MODES:
                Caller(mesh.url, session, callers, found).make(operation, mode, each)
    total = sum(found.statuses.values())
    print(f"\n{total} calls of {len(operations)} operations: {dict(sorted(found.statuses.items()))}")
    assert found.wrong == [], "\n".join(found.wrong[:30])
    assert total >= CALLS
    assert {200, 400, 404} <= set(found.statuses)
    served = {operation.label for operation in operations}
    # Calls that never get past the checks prove little.
    assert len([label for label in served if found.answered[label]]) > len(served) * 0.6


class Caller:
    """Makes the calls of one operation."""

    def __init__(self, url: str, session: requests.Session, callers: Callers, found: Found) -> None:
        self.url, self.session, self.callers, self.found = url, session, callers, found
        self.number = 0

    def make(self, operation: Any, mode: GenerationMode, count: int) -> None:
        """Makes as many, the same ones every time."""

        @seed(SEED)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: Case) -> None:
            self.number += 1
            if self.number % 2:  # the other half names what is not there
                self.name_known(case)
            self.found.note(case, self.send(case))

        if mode is GenerationMode.POSITIVE or has_arguments(operation):
            call()

    def name_known(self, case: Case) -> None:
        """Names resources that exist in the path."""
        doomed = case.method.upper() == "DELETE"
        for name, value in (self.callers.doomed if doomed else self.callers.known).items():
            if "/" not in name:  # no resource, but another word that the shop knows
                continue
            parameter, given_name = name.split("/")[-2][:-1].replace("categorie", "category"), value.split("/")[-1]
            if parameter in case.path_parameters:
                case.path_parameters[parameter] = given_name

    def send(self, case: Case) -> Response:
        """Sends a call as somebody who may make it."""
        operation_id = case.operation.definition.raw["operationId"]
        method = next(m for name, m in METHODS.items() if operation_id.startswith(name))
        headers = {"authorization": self.callers.header(method)}
        return case.call(base_url=self.url, session=self.session, headers=headers, timeout=TIMEOUT_S)


def has_arguments(operation: Any) -> bool:
    """Whether there is anything to get wrong."""
    return bool(operation.body or operation.query or operation.path_parameters)
