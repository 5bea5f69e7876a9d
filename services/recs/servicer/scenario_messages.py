"""Scenarios to messages, and back."""

from datetime import datetime

from aisle.recs.v1 import scenario_pb2 as pb
from aisle.recs.v1.scenario_service_pb2 import PreviewScenarioRequest, ScenarioRevision
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import InvalidArgument
from services.recs.domain.scenarios import (
    Action,
    Diversity,
    Exploration,
    RetrieverName,
    RetrieverUse,
    Revision,
    Rule,
    Scenario,
    StoredScenario,
)
from services.recs.servicer.messages import moment
from services.recs.use_cases.products import product_id

RETRIEVERS = {name: pb.Retriever.Value(f"RETRIEVER_{name.name}") for name in RetrieverName}
NAMES = {number: name for name, number in RETRIEVERS.items()}
ACTIONS = {action: pb.Rule.Action.Value(f"ACTION_{action.name}") for action in Action}
DONE = {number: action for action, number in ACTIONS.items()}
NO_TIME = "is not a time between the years 1 and 9999"


def scenario(message: pb.Scenario, scenario_id: str) -> Scenario:
    """A scenario whose limits were checked.

    Raises:
        InvalidArgument: a time of a rule is none.
    """
    return Scenario(
        scenario_id=scenario_id,
        display_name=message.display_name,
        description=message.description,
        needs_product=message.needs_product,
        retrievers=tuple(
            RetrieverUse(NAMES[use.retriever], use.weight or 1.0, use.limit or 50) for use in message.retrievers
        ),
        only_retrieved=message.only_retrieved,
        filter=message.filter,
        rules=tuple(_rule(rule, i) for i, rule in enumerate(message.rules)),
        diversity=Diversity(message.diversity.max_per_category, message.diversity.max_per_brand, message.diversity.mmr),
        exploration=Exploration(message.exploration.share, message.exploration.max_age_days or 30),
        page_size=message.page_size or 20,
    )


def stored(found: StoredScenario) -> pb.Scenario:
    """A stored scenario."""
    made = _message(found.scenario)
    made.etag = found.etag
    made.create_time.FromDatetime(found.create_time)
    made.update_time.FromDatetime(found.update_time)
    return made


def revision(found: Revision) -> ScenarioRevision:
    """A state that a scenario had."""
    made = ScenarioRevision(
        name=f"{found.scenario.name}/revisions/{found.number}",
        scenario=_message(found.scenario),
        author=found.author,
        changed_fields=found.changed_fields,
        comment=found.comment,
    )
    made.create_time.FromDatetime(found.create_time)
    return made


def rule_time(request: PreviewScenarioRequest) -> datetime | None:
    """When rules are to apply; None for now.

    Raises:
        InvalidArgument: it is no time.
    """
    if not request.HasField("rule_time"):
        return None
    try:
        return moment(request.rule_time)
    except ValueError:
        raise InvalidArgument.field("rule_time", NO_TIME) from None


def _message(given: Scenario) -> pb.Scenario:
    return pb.Scenario(
        name=given.name,
        display_name=given.display_name,
        description=given.description,
        needs_product=given.needs_product,
        retrievers=[
            pb.RetrieverUse(retriever=RETRIEVERS[use.retriever], weight=use.weight, limit=use.limit)
            for use in given.retrievers
        ],
        only_retrieved=given.only_retrieved,
        filter=given.filter,
        rules=map(_rule_message, given.rules),
        diversity=pb.Diversity(
            max_per_category=given.diversity.max_per_category,
            max_per_brand=given.diversity.max_per_brand,
            mmr=given.diversity.mmr,
        ),
        exploration=pb.Exploration(share=given.exploration.share, max_age_days=given.exploration.max_age_days),
        page_size=given.page_size,
    )


def _rule(message: pb.Rule, i: int) -> Rule:
    return Rule(
        display_name=message.display_name,
        action=DONE[message.action],
        products=tuple(dict.fromkeys(map(product_id, message.products))),
        filter=message.filter,
        strength=message.strength or 2.0,
        position=message.position or 1,
        start_time=_time(message, "start_time", i),
        end_time=_time(message, "end_time", i),
        disabled=message.disabled,
    )


def _time(message: pb.Rule, name: str, i: int) -> datetime | None:
    if not message.HasField(name):  # type: ignore[arg-type]
        return None
    try:
        return moment(getattr(message, name))
    except ValueError:
        raise InvalidArgument.field(f"scenario.rules[{i}].{name}", NO_TIME) from None


def _rule_message(rule: Rule) -> pb.Rule:
    made = pb.Rule(
        display_name=rule.display_name,
        action=ACTIONS[rule.action],
        products=[f"products/{item}" for item in rule.products],
        filter=rule.filter,
        strength=rule.strength,
        position=rule.position,
        disabled=rule.disabled,
    )
    if rule.start_time is not None:
        made.start_time.CopyFrom(_stamp(rule.start_time))
    if rule.end_time is not None:
        made.end_time.CopyFrom(_stamp(rule.end_time))
    return made


def _stamp(time: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(time)
    return made
