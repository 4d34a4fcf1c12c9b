"""The services that are paid by the character: what goes wrong with them, what they cost, what only one of them has."""

from __future__ import annotations

import json
import logging
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo

from tests.vocasync.engines.google_account import PROJECT, account_key
from tests.vocasync.engines.local_http import LocalServer, Reply, serving
from tests.vocasync.engines.translate.servers import deepl as deepl_api
from tests.vocasync.engines.translate.servers import google_v3 as google_api
from tests.vocasync.engines.translate.servers import libretranslate as libretranslate_api
from tests.vocasync.engines.translate.servers import microsoft as microsoft_api
from tests.vocasync.engines.translate.servers.google_v3 import Failure, GoogleServer
from tests.vocasync.engines.translate.servers.microsoft import error
from vocasync import retries
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import deepl, google_v3, libretranslate, pairs
from vocasync.engines.translate.cache import TranslationCache
from vocasync.engines.translate.keeping import keep
from vocasync.engines.translate.service import ServiceTranslator
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES
from vocasync.progress import Silent
from vocasync.spending import counting
from vocasync.stages.translate import BATCH, translate
from vocasync.types import Segment

HTTP = {
    "deepl": deepl_api.KEY,
    "microsoft": microsoft_api.KEY,
    "libretranslate": libretranslate_api.KEY,
}
HTML = Reply(200, "<html><body>Log in first</body></html>", {"Content-Type": "text/html"})
CODES = grpc.StatusCode


@dataclass(frozen=True, slots=True)
class Pair:
    """An engine and the server that it asks."""

    engine: ServiceTranslator
    server: LocalServer

    def make(self, *texts: str, target: str = "es", around: tuple[str, str] = ("", "")) -> list[str]:
        return [one.text for one in self.engine.translate(texts, "en", target, Silent(), around)]

    def fails(self, *texts: str, target: str = "es") -> PipelineError:
        with pytest.raises(PipelineError) as caught:
            self.make(*(texts or ("One.",)), target=target)
        return caught.value


@pytest.fixture(params=HTTP)
def pair(request: pytest.FixtureRequest) -> Pair:
    """Each engine that speaks HTTP, past what it asks first."""
    name = request.param
    made = Pair(request.getfixturevalue(f"with_{name}"), request.getfixturevalue(f"{name}_server"))
    made.make("Warm.")
    made.server.asked.clear()
    return made


# --- what goes wrong --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, headers={"Retry-After": "0"}),
        Reply(500),
        Reply(503),
        Reply(mode="drop"),
        Reply(body="x", mode="reset"),
    ],
    ids=lambda reply: f"{reply.status}{reply.mode}",
)
def test_passing_trouble_is_survived(pair: Pair, reply: Reply) -> None:
    expected = pair.make("One.")
    pair.server.script = [reply]
    assert pair.make("One.") == expected
    assert len(pair.server.asked) == 3


@pytest.mark.parametrize(
    ("reply", "code", "asked"),
    [
        (Reply(403, {"message": "no"}), "service_key", 1),
        (Reply(401, {"error": {"code": 401000, "message": "no"}}), "service_key", 1),
        (Reply(402), "service_quota", 1),
        (Reply(400, {"error": "Too long a text"}), "service_refused", 1),
        (Reply(429), "service_busy", retries.ATTEMPTS),
        (Reply(500), "service_failed", retries.ATTEMPTS),
        (Reply(mode="drop"), "service_unreachable", retries.ATTEMPTS),
        (HTML, "service_failed", 1),
        (Reply(200, {}), "service_failed", 1),
        (Reply(200, []), "service_failed", 1),
        (Reply(200, [1]), "service_failed", 1),
        (Reply(200, {"translations": [{}]}), "service_failed", 1),
        (Reply(200, {"translatedText": "no list"}), "service_failed", 1),
        (Reply(200, {"translations": [], "translatedText": []}), "service_failed", 1),
    ],
)
def test_lasting_trouble_is_told(pair: Pair, reply: Reply, code: str, asked: int) -> None:
    pair.server.script = [reply] * 9
    told = pair.fails()
    assert told.code == code
    assert registry.spec("translate", pair.engine.name).label in str(told)
    assert len(pair.server.asked) == asked
    pair.server.script = []
    assert pair.make("One.")[0], "and it can be asked again"


def test_a_slow_service(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair.engine._vendor._http, "timeout", (5.0, 0.2))  # type: ignore[attr-defined]
    pair.server.script = [Reply(mode="slow", seconds=0.6)] * 9
    assert pair.fails().code == "service_unreachable"


def test_fewer_answers_than_texts(pair: Pair) -> None:
    bodies = {
        "deepl": {"translations": [{"text": "uno"}]},
        "microsoft": [{"translations": [{"text": "uno"}]}],
        "libretranslate": {"translatedText": ["uno"]},
    }
    pair.server.script = [Reply(body=bodies[pair.engine.name])]
    assert pair.fails("One.", "Two.").code == "service_failed"


@pytest.mark.parametrize("told", [True, False])
def test_a_key_that_is_revoked_in_the_middle(pair: Pair, tmp_path: Path, told: bool) -> None:
    """What was translated until then stays, and the next try goes on from there."""
    cache = TranslationCache(tmp_path)
    segments = [Segment(at, float(at), at + 0.9, f"Sentence number {at}.") for at in range(BATCH * 3)]
    pair.server.script = [None] * (2 if pair.engine.name == "libretranslate" else 1)
    pair.server.script += [Reply(403 if told else 401, {"message": "revoked"})] * 3
    with pytest.raises(PipelineError) as caught:
        translate(segments, pair.engine, "en", "es", cache, Silent())
    assert caught.value.code == "service_key"
    assert caught.value.permanent
    pair.server.script = []
    pair.server.asked.clear()
    made = translate(segments, pair.engine, "en", "es", cache, Silent())
    assert all(f"{one.index}." in one.translation for one in made)
    sent = b"".join(asked.body for asked in pair.server.asked)
    assert b"number 0." not in sent
    assert b"number %d." % BATCH in sent


def test_the_key_and_the_words_are_in_no_log_and_no_error(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret, words = HTTP[pair.engine.name], "Words of somebody."
    told = []
    replies = [
        Reply(403, {"message": f"{secret} is revoked"}),
        Reply(400, {"error": f"bad {secret}"}),
        Reply(500),
        HTML,
    ]
    for reply in replies:
        pair.server.script = [reply] * 9
        failure = pair.fails(words)
        told += [str(failure), repr(failure), repr(failure.params), "".join(traceback.format_exception(failure))]
    told += [repr(vars(record)) for record in caplog.records] + [repr(pair.engine), repr(vars(pair.engine))]
    assert caplog.records
    assert not any(secret in text for text in told)
    assert words not in caplog.text


# --- what it costs ----------------------------------------------------------------------------------------------------
def test_what_is_sent_is_counted(pair: Pair) -> None:
    with counting() as spent:
        pair.make("One.", "", f"The {keep('Tren Azul')}.", "नमस्ते", around=("Before.", "After."))
    assert {(one.stage, one.engine) for one in spent} == {("translate", pair.engine.name)}
    assert sum(one.amount for one in spent) == len("One.") + len("The Tren Azul.") + len("नमस्ते")


def test_what_is_answered_with_an_error_is_not(pair: Pair) -> None:
    pair.server.script = [Reply(500), Reply(503)]
    with counting() as spent:
        pair.make("One.")
    assert sum(one.amount for one in spent) == 4
    pair.server.script = [Reply(403)]
    with counting() as spent, suppress(PipelineError):
        pair.make("One.")
    assert spent == []


def test_nothing_is_asked_where_nothing_is_said(pair: Pair) -> None:
    with counting() as spent:
        assert pair.make("", "  ", "\n") == ["", "", ""]
    assert spent == []
    assert pair.server.asked == []


def test_a_pair_that_it_has_not_costs_nothing(pair: Pair) -> None:
    target = {"deepl": "kn", "microsoft": "eo", "libretranslate": "te"}[pair.engine.name]
    told = pair.fails(target=target)
    assert told.code == "pair_unsupported"
    assert LANGUAGES[target].name in str(told)
    assert {asked.path for asked in pair.server.asked} <= {"/languages"}


def test_many_texts_take_few_requests_over_one_connection(pair: Pair) -> None:
    texts = [f"Sentence number {number}." for number in range(120)]
    made = pair.make(*texts)
    assert all(f"{number}." in text for number, text in enumerate(made))
    assert len(pair.server.asked) == {"deepl": 3, "microsoft": 1, "libretranslate": 6}[pair.engine.name]
    assert pair.server.connections == 1


@pytest.mark.parametrize("name", HTTP)
def test_its_routes_are_what_it_says_of_pairs(name: str) -> None:
    assert registry.dotted(registry.spec("translate", name).routes)() >= {("en", "es"), ("hi", "en"), ("en", "zh")}


def test_codes_of_languages() -> None:
    assert pairs.deepl_pair("en", "pt") == ("EN", "PT-BR")
    assert pairs.deepl_pair("pt", "en") == ("PT", "EN-US")
    assert pairs.deepl_pair("zh", "de") == ("ZH", "DE")
    assert pairs.deepl_pair("en", "zh") == ("EN", "ZH-HANS")
    assert pairs.microsoft_pair("zh", "hi") == ("zh-Hans", "hi")
    assert pairs.google_pair("en", "zh") == ("en", "zh-CN")


def test_codes_are_those_of_deep_translator() -> None:
    from deep_translator.constants import DEEPL_LANGUAGE_TO_CODE, GOOGLE_LANGUAGES_TO_CODES, LIBRE_LANGUAGES_TO_CODES

    ours = set(LANGUAGES)
    assert {code for code, _ in pairs.deepl_pairs()} >= ours & set(DEEPL_LANGUAGE_TO_CODE.values())
    assert {code for code, _ in pairs.libretranslate_pairs()} >= ours & set(LIBRE_LANGUAGES_TO_CODES.values())
    assert {pairs.google_code(code) for code in LANGUAGES} <= set(GOOGLE_LANGUAGES_TO_CODES.values())


# --- DeepL ------------------------------------------------------------------------------------------------------------
def test_deepl_sees_what_is_around(with_deepl: ServiceTranslator, deepl_server: deepl_api.DeepLServer) -> None:
    with_deepl.translate(["and then", "we left."], "en", "es", Silent(), (f"We {keep('came')}", "It rained."))
    body = deepl_server.asked[0].json
    assert body["context"] == "We came and then we left. It rained."
    assert body["text"] == ["and then", "we left."]
    assert "tag_handling" not in body


def test_deepl_keeps_in_tags_where_it_has_them(
    with_deepl: ServiceTranslator, deepl_server: deepl_api.DeepLServer
) -> None:
    texts = [f"The {keep('Tren & Azul')} <leaves>."]
    assert with_deepl.translate(texts, "en", "es", Silent())[0].text == "«ES» tHE Tren & Azul <LEAVES>."
    assert deepl_server.asked[0].json["text"] == ["The <x>Tren &amp; Azul</x> &lt;leaves&gt;."]
    assert with_deepl.translate(texts, "en", "hi", Silent())[0].text == "«HI» tHE Tren & Azul <LEAVES>."
    assert deepl_server.asked[1].json["text"] == ["The ⟦0⟧ <leaves>."]


@pytest.mark.parametrize(("key", "host"), [("abc:fx", deepl.FREE), ("abc", deepl.PRO), (" abc:fx\n", deepl.FREE)])
def test_deepl_has_two_hosts(key: str, host: str) -> None:
    engine = deepl.create(EngineConfig(keys=(("deepl", key),)))
    assert engine._vendor._http._base == host  # type: ignore[attr-defined]


def test_deepl_requests_stay_below_their_limit(
    with_deepl: ServiceTranslator, deepl_server: deepl_api.DeepLServer
) -> None:
    hindi = "यह एक बहुत लंबा वाक्य है। " * 180
    made = with_deepl.translate([hindi] * 60, "hi", "es", Silent(), (hindi, hindi))
    assert all(one.text.count("वाक्य") == 180 for one in made)
    assert max(len(asked.body) for asked in deepl_server.asked) <= 128 * 1024
    assert len(deepl_server.asked) < 12


def test_deepl_quota(with_deepl: ServiceTranslator, deepl_server: deepl_api.DeepLServer) -> None:
    deepl_server.script = [Reply(456, {"message": "Quota exceeded"})]
    with pytest.raises(PipelineError) as caught:
        with_deepl.translate(["One."], "en", "es", Silent())
    assert caught.value.code == "service_quota"


# --- Microsoft Translator ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (
            error(403, 403001, "The subscription has exceeded its free quota."),
            "quota",
        ),
        (error(403, 403000, "The operation isn't allowed."), "key"),
        (error(401, 401015, "The credentials provided are for the Speech API."), "key"),
        (error(400, 400036, "The target language is not valid."), "refused"),
        (error(429, 429001, "The server rejected the request because the client has exceeded request limits."), "busy"),
        (error(503, 503000, "Service is temporarily unavailable."), "busy"),
    ],
)
def test_microsoft_errors(
    with_microsoft: ServiceTranslator, microsoft_server: microsoft_api.MicrosoftServer, reply: Reply, code: str
) -> None:
    microsoft_server.script = [reply] * 9
    with pytest.raises(PipelineError) as caught:
        with_microsoft.translate(["One."], "en", "es", Silent())
    assert caught.value.code == f"service_{code}"


def test_microsoft_texts_of_a_ninety_thousand_characters(
    with_microsoft: ServiceTranslator, microsoft_server: microsoft_api.MicrosoftServer
) -> None:
    text = "The \U0001f600 is old. " * 6_000
    made = with_microsoft.translate([text], "en", "es", Silent())
    assert made[0].text.count("\U0001f600") == 6_000
    assert len(microsoft_server.asked) == 2


# --- LibreTranslate ---------------------------------------------------------------------------------------------------
def test_an_own_server_needs_no_key(libretranslate_server: libretranslate_api.LibreTranslateServer) -> None:
    engine = libretranslate.create(EngineConfig(options=(("libretranslate_url", libretranslate_server.url),)))
    assert engine.translate(["One."], "en", "es", Silent())[0].text == "«es» oNE."
    assert "api_key" not in libretranslate_server.asked[-1].json
    libretranslate_server.needs_key = True
    with pytest.raises(PipelineError) as caught:
        engine.translate(["One."], "en", "es", Silent())
    assert caught.value.code == "service_key"
    engine.close()


def test_libretranslate_is_asked_once_what_it_has(
    with_libretranslate: ServiceTranslator, libretranslate_server: libretranslate_api.LibreTranslateServer
) -> None:
    for target in ("es", "pt", "zh", "es"):
        with_libretranslate.translate(["One."], "en", target, Silent())
    assert [asked.path for asked in libretranslate_server.asked].count("/languages") == 1
    assert [asked.json["target"] for asked in libretranslate_server.asked[1:]] == ["es", "pt-BR", "zh-Hans", "es"]


def test_an_older_libretranslate(
    with_libretranslate: ServiceTranslator, libretranslate_server: libretranslate_api.LibreTranslateServer
) -> None:
    libretranslate_server.languages = ("en", "pt", "zh")
    for target in ("pt", "zh"):
        assert with_libretranslate.translate(["One."], "en", target, Silent())[0].text == f"«{target}» oNE."
    with pytest.raises(PipelineError) as caught:
        with_libretranslate.translate(["One."], "en", "es", Silent())
    assert caught.value.code == "pair_unsupported"
    libretranslate_server.languages = ("en", "es")
    assert with_libretranslate.translate(["One."], "en", "es", Silent())[0].text == "«es» oNE.", "added since"


@pytest.mark.parametrize("body", ["<html>nginx</html>", {}, [1], [{"code": "en"}]])
def test_a_server_that_is_no_libretranslate(
    with_libretranslate: ServiceTranslator, libretranslate_server: libretranslate_api.LibreTranslateServer, body: Any
) -> None:
    libretranslate_server.script = [Reply(body=body)]
    with pytest.raises(PipelineError) as caught:
        with_libretranslate.translate(["One."], "en", "es", Silent())
    assert caught.value.code == ("pair_unsupported" if body == {} else "service_failed")


def test_a_ban_for_a_while_is_no_wrong_key(
    with_libretranslate: ServiceTranslator, libretranslate_server: libretranslate_api.LibreTranslateServer
) -> None:
    libretranslate_server.script = [None, Reply(403, {"error": "Too many request limits violations"})]
    with pytest.raises(PipelineError) as caught:
        with_libretranslate.translate(["One."], "en", "es", Silent())
    assert caught.value.code == "service_busy"


# --- Google Cloud Translation -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", [CODES.UNAVAILABLE, CODES.INTERNAL, CODES.RESOURCE_EXHAUSTED, CODES.DEADLINE_EXCEEDED])
def test_google_passing_trouble(
    with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer, code: grpc.StatusCode
) -> None:
    google_cloud_server.script = [Failure(code, "later", (RetryInfo(retry_delay=Duration(nanos=1000)),))] * 2
    assert with_google_cloud.translate(["One."], "en", "es", Silent())[0].text == "«es» oNE."
    assert len(google_cloud_server.asked) == 3


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(CODES.UNAUTHENTICATED, "no"), "service_key"),
        (Failure(CODES.PERMISSION_DENIED, "no"), "service_key"),
        (Failure(CODES.PERMISSION_DENIED, "off", (ErrorInfo(reason="SERVICE_DISABLED"),)), "service_refused"),
        (Failure(CODES.INVALID_ARGUMENT, "Text is too long."), "service_refused"),
        (Failure(CODES.RESOURCE_EXHAUSTED, "minute"), "service_busy"),
        (
            Failure(CODES.RESOURCE_EXHAUSTED, "day", (ErrorInfo(metadata={"quota_limit": "CharsPerDayPerProject"}),)),
            "service_quota",
        ),
        (Failure(CODES.UNAVAILABLE, "gone"), "service_unreachable"),
        (Failure(CODES.INTERNAL, "oops"), "service_failed"),
    ],
)
def test_google_lasting_trouble(
    with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer, failure: Failure, code: str
) -> None:
    google_cloud_server.script = [failure] * 9
    with counting() as spent, pytest.raises(PipelineError) as caught:
        with_google_cloud.translate(["One."], "en", "es", Silent())
    assert caught.value.code == code
    assert "Google Cloud Translation" in str(caught.value)
    assert spent == []


def test_google_slow(
    with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(google_v3.google_cloud.ONCE, "timeout", 0.2)
    google_cloud_server.script = [Failure(CODES.INTERNAL, "late", seconds=0.5)] * 9
    with pytest.raises(PipelineError) as caught:
        with_google_cloud.translate(["One."], "en", "es", Silent())
    assert caught.value.code == "service_unreachable"


def test_google_fewer_answers(with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer) -> None:
    google_cloud_server.drops = 1
    with counting() as spent, pytest.raises(PipelineError) as caught:
        with_google_cloud.translate(["One.", "Two."], "en", "es", Silent())
    assert caught.value.code == "service_failed"
    assert sum(one.amount for one in spent) == 8, "it was answered, and so it is billed"


def test_google_counts_and_batches(with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer) -> None:
    texts = [f"Sentence number {number}, which is a little longer than others." for number in range(1500)]
    with counting() as spent:
        made = with_google_cloud.translate(texts, "en", "es", Silent())
    assert all(f" {number}," in one.text for number, one in enumerate(made))
    assert sum(one.amount for one in spent) == sum(map(len, texts))
    assert len(google_cloud_server.asked) == 4
    assert google_cloud_server.asked[0].mime_type == "text/plain"


def with_glossary(server: GoogleServer, value: str) -> ServiceTranslator:
    options = (("google_glossaries", value), ("google_translate_endpoint", server.endpoint))
    return google_v3.create(EngineConfig(options=options, keys=(("google", account_key()),)))


@pytest.mark.parametrize("value", ["en-es=terms", f"en-es={google_api.GLOSSARY}, de-fr=others", "en-zh=x en-es=terms"])
def test_google_glossaries(google_cloud_server: GoogleServer, value: str) -> None:
    engine = with_glossary(google_cloud_server, value)
    assert engine.translate(["One."], "en", "es", Silent())[0].text == "[terms] «es» oNE."
    made = engine.translate([f"The {keep('Tren')}."], "en", "es", Silent())
    assert made[0].text == "[terms] «es» tHE Tren."
    assert engine.translate(["One."], "en", "fr", Silent())[0].text == "«fr» oNE."
    assert google_cloud_server.asked[-1].parent == f"projects/{PROJECT}/locations/global"
    engine.close()


def test_another_glossary_is_another_version(google_cloud_server: GoogleServer) -> None:
    values = ["", "en-es=terms", "en-es=others", "en-fr=terms"]
    engines = [with_glossary(google_cloud_server, value) for value in values]
    assert len({engine.version for engine in engines}) == len(values)
    assert with_glossary(google_cloud_server, "en-fr=b,en-es=a").version == (
        with_glossary(google_cloud_server, "en-es=a en-fr=b").version
    )
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("value", ["terms", "en=terms", "en-es=", "-es=terms"])
def test_a_setting_of_glossaries_that_cannot_be_read(google_cloud_server: GoogleServer, value: str) -> None:
    with pytest.raises(PipelineError) as caught:
        with_glossary(google_cloud_server, value)
    assert caught.value.code == "engine_not_ready"
    assert "VOCASYNC_GOOGLE_GLOSSARIES" in str(caught.value)


@pytest.mark.parametrize("key", ["", "no json", "[]", "{}", json.dumps({"type": "authorized_user"})])
def test_a_key_that_is_no_service_account(key: str) -> None:
    with pytest.raises(PipelineError) as caught:
        google_v3.create(EngineConfig(keys=(("google", key),)))
    assert caught.value.code == "service_key"


def test_google_key_is_in_no_log_and_no_error(
    with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    google_cloud_server.script = [Failure(CODES.UNAUTHENTICATED, "no")]
    with pytest.raises(PipelineError) as caught:
        with_google_cloud.translate(["One."], "en", "es", Silent())
    secret = json.loads(account_key())["private_key"].splitlines()[1]
    told = [caplog.text, repr(with_google_cloud), "".join(traceback.format_exception(caught.value))]
    assert not any(secret in text or "Bearer" in text for text in told)


def test_google_account_that_is_revoked_in_the_middle(
    with_google_cloud: ServiceTranslator, google_cloud_server: GoogleServer, tmp_path: Path
) -> None:
    cache = TranslationCache(tmp_path)
    segments = [Segment(at, float(at), at + 0.9, f"Sentence number {at}.") for at in range(BATCH * 2)]

    class Revoking:
        def report(self, fraction: float, note: str = "") -> None:
            google_cloud_server.revoked = True

        def check(self) -> None:
            return None

    with pytest.raises(PipelineError) as caught:
        translate(segments, with_google_cloud, "en", "es", cache, Revoking())
    assert caught.value.code == "service_key"
    google_cloud_server.revoked = False
    google_cloud_server.asked.clear()
    made = translate(segments, with_google_cloud, "en", "es", cache, Silent())
    assert [one.translation for one in made] == [f"«es» sENTENCE NUMBER {at}." for at in range(BATCH * 2)]
    assert sum(len(asked.contents) for asked in google_cloud_server.asked) == BATCH


# --- through the registry ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["deepl", "microsoft", "google-cloud"])
def test_without_a_key_it_is_not_ready_and_says_where_one_goes(name: str) -> None:
    row = registry.spec("translate", name)
    state = registry.readiness(row, EngineConfig())
    assert not state.ready
    assert "account page" in state.missing
    assert "VOCASYNC_NETWORK" in registry.readiness(row, EngineConfig(network=False)).missing
    assert registry.readiness(row, EngineConfig(keys=((row.needs.service, "k"),))).ready
    assert row.price is not None


def test_libretranslate_readiness() -> None:
    row = registry.spec("translate", "libretranslate")
    assert "VOCASYNC_LIBRETRANSLATE_URL" in registry.readiness(row, EngineConfig()).missing
    with serving(libretranslate_api.LibreTranslateServer) as server:
        options = (("libretranslate_url", server.url),)
        assert registry.readiness(row, EngineConfig(options=options)).ready
        assert registry.readiness(row, EngineConfig(options=options, network=False)).ready, "it is not the internet"
    far = (("libretranslate_url", "https://translate.example.org"),)
    assert "VOCASYNC_NETWORK" in registry.readiness(row, EngineConfig(options=far, network=False)).missing
    assert row.price is None
