"""Uploads are stopped at the person's limit, wherever the body is read, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import User
from accounts.services import api_key_create
from dubbing.models import Job
from web import uploads

MIB = 2**20


@pytest.fixture
def places(tmp_path: Path, settings: Settings) -> tuple[Path, Path]:
    """Where uploads go while they arrive, and where they would end up."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.MEDIA_ROOT = tmp_path / "media"
    for place in (settings.FILE_UPLOAD_TEMP_DIR, settings.MEDIA_ROOT):
        place.mkdir()
    return settings.FILE_UPLOAD_TEMP_DIR, settings.MEDIA_ROOT


@pytest.fixture
def small(db: None) -> User:
    """Somebody who may upload 1 MB."""
    return User.objects.create_user("small", "small@example.org", "correct horse", max_upload_mb=1)


def form(size: int, field: str = "source", name: str = "talk.mp4") -> dict[str, Any]:
    return {"target_language": "es", field: SimpleUploadedFile(name, b"\0" * size, "video/mp4")}


def left_behind(places: tuple[Path, Path]) -> list[Path]:
    return [path for place in places for path in place.rglob("*")]


def key_client(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {api_key_create(owner=user, name='laptop')[1]}"})


def test_a_program_is_told(small: User, places: tuple[Path, Path]) -> None:
    response = key_client(small).post("/api/jobs/dubbing", form(MIB + 70_000))
    assert response.status_code == 413
    body = response.json()
    assert (body["code"], body["field"]) == ("too_large", "source")
    assert "your limit is 1 MB" in body["message"]
    assert not Job.objects.exists()
    assert left_behind(places) == []


def test_every_field_has_a_limit(small: User, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(uploads.FIELD_BYTES, "subtitles", 1000)
    data = form(10) | form(70_000, "subtitles", "talk.srt")
    response = key_client(small).post("/api/jobs/dubbing", data)
    assert response.status_code == 413
    assert response.json()["field"] == "subtitles"
    assert left_behind(places) == []


def test_within_the_limit_the_upload_is_looked_at(small: User, places: tuple[Path, Path]) -> None:
    response = key_client(small).post("/api/jobs/dubbing", form(MIB))
    assert response.status_code == 422, response.content
    assert left_behind(places) == [] or [path.name for path in left_behind(places)] == ["jobs"]


def test_where_the_csrf_check_reads_the_body_first(small: User, places: tuple[Path, Path]) -> None:
    """A form without the token in a header: Django reads the body before any view, and the limit holds there."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(small)
    browser.cookies["csrftoken"] = "a" * 32
    for address in ("/api/jobs/dubbing", "/dubs/new/"):
        response = browser.post(address, form(MIB + 70_000), headers={"Accept": "application/json"})
        assert response.status_code == 413
        assert response.json()["code"] == "too_large"
    page = browser.post("/dubs/new/", form(MIB + 70_000))
    assert page.status_code == 413
    assert page["Content-Type"].startswith("text/html")
    assert "your limit is 1 MB" in page.content.decode()
    assert left_behind(places) == []


def test_a_stranger_cannot_use_forms_to_store_files(db: None, places: tuple[Path, Path], settings: Settings) -> None:
    settings.PLANS = {"standard": settings.PLANS["standard"] | {"upload_mb": 1}}
    response = Client().post("/accounts/login/", form(MIB + 70_000))
    assert response.status_code == 413
    assert left_behind(places) == []


def test_a_request_that_says_it_is_too_large_is_not_read(small: User, places: tuple[Path, Path]) -> None:
    class Unread:
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("the body was read")

    request = RequestFactory().post("/", content_type="multipart/form-data; boundary=x")
    request.user = small
    request.META["CONTENT_LENGTH"] = str(uploads.request_limit(small) + 1)
    request._stream = Unread()  # type: ignore[assignment]
    with pytest.raises(uploads.UploadTooLarge):
        request.POST  # noqa: B018


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("talk.mp4", "talk.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\talk.mp4", "talk.mp4"),
        ("quote'\u202egnp.mp4", "quote'gnp.mp4"),
        ("n" * 300 + ".mp4", "n" * 251 + ".mp4"),
    ],
)
def test_names_are_safe_to_show(small: User, places: tuple[Path, Path], given: str, kept: str) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="source"; filename="{given}"\r\n\r\n'
    body = head.encode() + b"abc\r\n--x--\r\n"
    request = RequestFactory().post("/", body, content_type="multipart/form-data; boundary=x")
    request.user = small
    upload: Any = request.FILES["source"]
    assert upload.name == kept
    assert left_behind(places) != []
    upload.close()
    assert left_behind(places) == []


def test_a_broken_body_leaves_nothing(small: User, places: tuple[Path, Path]) -> None:
    """Cut off in the middle of a file: refused, and the part that came is gone."""
    head = b'--x\r\nContent-Disposition: form-data; name="source"; filename="a.mp4"\r\n\r\n'
    response = key_client(small).post(
        "/api/jobs/dubbing", head + b"\0" * 200_000, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code in (400, 422)
    assert not Job.objects.exists()
    assert [path for path in left_behind(places) if path.is_file()] == []
