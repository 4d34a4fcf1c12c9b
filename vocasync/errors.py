"""What can go wrong, and the words a person reads about it: one module, by code.

A stage raises ``PipelineError("no_audio", name="talk.mp4")``. ``permanent`` (from the catalogue) says whether another
try could help. :func:`message` gives the sentence, which always ends in what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """A catalogue row. ``text`` is a ``str.format`` template over the error's params."""

    text: str
    permanent: bool = True


CATALOGUE: dict[str, Problem] = {
    # what was given: media
    "not_media": Problem("“{name}” is not a video or audio file that can be read. Choose an MP4, MOV, MKV, WebM, MP3, WAV, M4A, OGG or FLAC file."),
    "empty_file": Problem("“{name}” is empty (0 bytes). Choose the file again; the copy or download may have failed."),
    "disguised_playlist": Problem("“{name}” is a playlist or a list of other files, not a recording. Choose the video itself."),
    "no_audio": Problem("“{name}” has no sound track, so there is no speech to dub. Choose a file with sound."),
    "damaged_media": Problem("“{name}” is damaged or cut off: only {readable:.0f} s of {claimed:.0f} s can be read. Export or download it again."),
    "unfinished_media": Problem("“{name}” is incomplete: its end, which says what is in it, is missing. The recording or the copy was cut off; export or upload it again."),
    "too_long": Problem("“{name}” is {minutes:.0f} minutes long; your limit is {limit:.0f} minutes. Cut it into parts, or ask an administrator to raise the limit."),
    "too_short": Problem("“{name}” is only {seconds:.1f} s long; at least {limit:.1f} s are needed."),
    "too_large": Problem("“{name}” is {megabytes:.0f} MB; your limit is {limit:.0f} MB. Choose a smaller file or export it at a lower quality."),
    "no_speech": Problem("No speech was found in “{name}”. Check that the right file was chosen and that it is not silent."),
    "recording_too_short": Problem("Only {seconds:.1f} s of speech were found in “{name}”; at least {limit:.0f} s are needed to tell who speaks. Record a little more."),
    "no_speech_emotion": Problem("No speech was found in the emotion reference “{name}”. Use 3 to 30 seconds of one person speaking in the tone you want."),
    "disk_full": Problem("The server has too little room for this job: about {needed:.0f} MB are needed, {free:.0f} MB are free. Try again later or tell the administrator.", permanent=False),
    # what was given: pictures
    "picture_unknown": Problem("“{name}” is not a picture that can be read. Choose a JPEG, PNG, WebP, AVIF, TIFF or BMP file."),
    "picture_drawing": Problem("“{name}” is a drawing (SVG), not a photo. Choose a photo, or export the drawing as a PNG file."),
    "picture_heic": Problem("“{name}” is a HEIC photo, which cannot be read here. Save it as JPEG and choose that; an iPhone makes JPEG by itself with Settings → Camera → Formats → Most Compatible."),
    "picture_animated": Problem("“{name}” moves: it holds several pictures. Choose a still photo, or save one of its pictures as PNG or JPEG."),
    "picture_damaged": Problem("“{name}” is damaged or cut off, so it cannot be read to its end. Export, copy or download it again."),
    "picture_huge": Problem("“{name}” is larger than {limit} megapixels. Save it smaller; 1024 by 1024 pixels are enough."),
    "picture_tiny": Problem("“{name}” is only {width} by {height} pixels. Choose a photo of at least {limit} by {limit}; 512 by 512 and more look good."),
    "face_unknown": Problem("The face that was picked is not in this picture: {count} were found in it. Pick one of them again."),
    # what was given: text
    "subtitles_unreadable": Problem("The subtitles “{name}” cannot be read as SRT or VTT. Check the file, and save it as UTF-8."),
    "subtitles_empty": Problem("The subtitles “{name}” hold no text."),
    "subtitles_beyond": Problem("The subtitles “{name}” reach {last:.0f} s, but the video ends at {duration:.0f} s. They seem to belong to another video."),
    "subtitles_too_long": Problem("The subtitles “{name}” hold {count} cues; {limit} is the most."),
    "alignment_failed": Problem("The pasted transcript does not fit what is said in “{name}”. Check that it is the text of this recording, in the language you chose."),
    "transcript_language": Problem("A pasted transcript cannot be aligned in {language}: no pronunciation is known. Use subtitles with times instead."),
    "glossary_line": Problem("Line {line} of the glossary cannot be read. Write one term a line, as “word = translation”; neither may be empty or longer than {limit} characters."),
    "glossary_twice": Problem("The glossary translates “{term}” twice, the second time in line {line}. Keep one of the two."),
    "glossary_long": Problem("The glossary has {count} terms; {limit} are the most. Keep those that matter in this recording."),
    "format_unknown": Problem("There is no format “{name}” here. Choose one of {known}."),
    "script_empty": Problem("“{name}” holds no text. Write what is to be spoken, or choose another file."),
    "script_not_text": Problem("“{name}” is not a text that can be read. Save it as plain text (UTF-8), and choose it again."),
    "script_unspeakable": Problem("There is nothing in “{name}” that can be said: no letters and no digits. Write it in words."),
    "script_long": Problem("“{name}” has {words:,} words; {limit:,} are the most, about two hours of speech. Split it into parts, and have each spoken by itself."),
    "script_large": Problem("“{name}” is {megabytes:.0f} MB; a script may have {limit} MB. Choose a smaller one, or split it."),
    "script_writing": Problem("The text is written in {writing} letters, which {language} is not written in, so it would be spoken wrong. Choose the language of the text."),
    # languages and engines
    "unknown_language": Problem("“{code}” is not a language that Vocasync knows."),
    "recognition_unsupported": Problem("Nothing ready here recognises {language}. {remedy}"),
    "pair_unsupported": Problem("Nothing ready here translates {source} into {target}. {remedy}"),
    "voice_unsupported": Problem("No ready voice speaks {language}. {remedy}"),
    "engine_unknown": Problem("There is no engine named “{name}” for this step."),
    "stock_unknown": Problem("The engine has no voice named “{name}”. Choose another stock voice."),
    "engine_not_ready": Problem("{label} is not ready: {missing}"),
    "language_undetected": Problem("The language of “{name}” could not be detected. Choose the source language and start again."),
    "translation_failed": Problem("{label} failed: {reason}", permanent=False),
    "recognizer_failed": Problem("{label} failed: {reason}", permanent=False),
    "voice_failed": Problem("{label} could not speak segment {index}: {reason}", permanent=False),
    "reference_too_short": Problem("Only {seconds:.1f} s of clean speech were found to match the voice to; at least {limit:.0f} s are needed."),
    # services that are asked over the network with a key
    "service_unreachable": Problem("{label} does not answer. Try again in a minute; if it goes on, check the server's connection to the internet.", permanent=False),
    "service_key": Problem("{label} refuses the key: it is wrong, was revoked, or may not do this. Change it on your account page, or have the site's key changed."),
    "service_quota": Problem("What was paid for at {label} is used up. Raise the limit there or wait until it is renewed, or choose another engine."),
    "service_busy": Problem("{label} has too many requests at the moment. Try again in a minute.", permanent=False),
    "service_failed": Problem("{label} failed: {reason} Try again in a minute.", permanent=False),
    "service_refused": Problem("{label} refuses what it was asked: {reason} Choose another engine, or tell the administrator."),
    "clone_limit": Problem("The account at {label} has no room for another voice: {reason} Delete voices there that you no longer need, or take a larger plan."),
    "clone_gone": Problem("The copy of the voice at {label} is gone: {reason} Press Retry: it is made anew.", permanent=False),
    # models
    "weights_unknown": Problem("There is no model named “{name}”. `manage.py models list` names them all."),
    "weights_unsafe": Problem("“{path}” holds code that would run when it is loaded ({reason}), so it was not loaded. Delete it, fetch it from its publisher again, and run `manage.py models verify {name}`."),
    "weights_damaged": Problem("“{path}” is damaged: {reason}. Run `manage.py models verify {name}`, then `manage.py models fetch {name}`."),
    "weights_licence": Problem("The terms of {label} ({licence}) have not been accepted here. An operator can: `manage.py models fetch {name}`, or in the admin under Models."),
    "weights_checksum": Problem("“{file}” of the model “{name}” came with another checksum than its publisher states, so it was thrown away; what was there before was kept. Run `manage.py models fetch {name}` again; if that repeats, ask at {source}."),
    "weights_disk_full": Problem("The disk of the models folder has too little room for “{file}”: {needed:.0f} MB are needed, {free:.0f} MB are free. Make room and fetch the model again; what has arrived is kept.", permanent=False),
    "weights_unreachable": Problem("{host} cannot be reached ({reason}). Check the connection, then fetch the model again; what has arrived is kept.", permanent=False),
    "weights_refused": Problem("{host} does not give out “{file}” ({reason}). Try again later, set VOCASYNC_MODELS_MIRROR to a mirror, or copy the file by hand into the folder “{folder}” of the models folder."),
    "weights_folder": Problem("The models folder cannot be written to ({reason}). Give the user that the site runs as the right to, or set VOCASYNC_MODELS to another folder."),
    "weights_insecure": Problem("“{url}” is not encrypted, so no model is fetched from there. Use an address that begins with https (VOCASYNC_MODELS_MIRROR)."),
    "weights_offline": Problem("The model “{name}” cannot be fetched: use of the internet is turned off here (VOCASYNC_NETWORK). Copy its files by hand into the folder “{folder}” of the models folder."),
    "weights_by_hand": Problem("“{file}” has no address that a program can fetch it from. Get it at {source}, and copy it into the folder “{folder}” of the models folder."),
    "weights_busy": Problem("Another process is busy with the model “{name}”. Try again when it is done.", permanent=False),
    "weights_absent": Problem("The model “{name}” is not here, so there is nothing to do. `manage.py models fetch {name}` fetches it."),
    "weights_archive": Problem("The archive of the model “{name}” is not what it should be: {reason}. Nothing of it was kept. Fetch it again; if that repeats, copy the files by hand into the folder “{folder}” of the models folder."),
    "reference_unusable": Problem("The clip “{name}” cannot be spoken with: {reason}"),
    # tools
    "tool_missing": Problem("{tool} is not installed on the server. Run `make setup`, or install the package {package}."),
    "tool_failed": Problem("{tool} failed while working on “{name}”: {reason}", permanent=False),
    # consent and moderation
    "voice_taken_down": Problem("The voice “{name}” was taken down by a moderator. Choose another voice."),
    "voice_withdrawn": Problem("The consent to use the voice “{name}” was withdrawn. Choose another voice."),
    "voice_refused": Problem("The consent for the voice “{name}” was not accepted. Choose another voice, or bring a new consent on the voice's page."),
    "face_taken_down": Problem("The face “{name}” was taken down by a moderator. Choose another face."),
    "face_withdrawn": Problem("The consent to use the face “{name}” was withdrawn. Choose another face."),
    "face_refused": Problem("The consent for the face “{name}” was not accepted. Choose another face, or bring a new statement on the face's page."),
    "face_owner_suspended": Problem("The face “{name}” cannot be used while its owner's account is suspended. Choose another face."),
    "face_not_shared": Problem("The face “{name}” is not yours. Choose another face."),
    "face_settled": Problem("Somebody's consent was given for the face that is picked in “{name}”, so no other can be picked. Bring the photo once more for the other face."),
    "voice_owner_suspended": Problem("The voice “{name}” cannot be used while its owner's account is suspended. Choose another voice."),
    "voice_not_shared": Problem("The voice “{name}” is not shared with you, or no longer. Choose another voice, or ask its owner."),
    "voice_unverified": Problem("Nobody has verified the consent for the voice “{name}” yet, so only its owner can use it. Choose another voice."),
    "consent_needed": Problem("The consent for the voice “{name}” is not verified yet. Verify it on the voice's page first; until then only you can use it."),
    "consent_not_own": Problem("“{name}” is another person's voice, so you cannot verify it by reading. Upload that person's statement instead."),
    "consent_there": Problem("The consent for “{name}” is verified already. There is nothing more to do."),
    "consent_no_voice": Problem("The voice “{name}” has no measured sample yet, so there is nothing to compare your reading with. Add a sample first, and wait until it is measured."),
    "consent_no_face": Problem("It is not known yet which face of “{name}” is to speak. Wait until the photo was looked at, and pick one of the faces."),
    "consent_by_review": Problem("A moderator ended the consent for the voice “{name}”, so reading a sentence is not enough any more. Upload a statement, or appeal against the decision."),
    "consent_too_often": Problem("You have had {limit} sentences within an hour. Try again in about {minutes:.0f} minutes, in a quiet room, close to the microphone."),
    "consent_answered": Problem("This sentence was answered already. Ask for a new one."),
    "consent_too_long": Problem("The recording is {seconds:.0f} seconds long; {limit:.0f} seconds are the most. Record only the sentence: reading it takes about ten seconds."),
    "consent_late": Problem("The recording came more than {limit:.0f} seconds after the sentence was shown. Ask for a new sentence, and read it at once."),
    "consent_changed": Problem("The samples of the voice “{name}” changed while your reading was being checked. Ask for a new sentence."),
    "sentence_asked": Problem("Somebody is to read this sentence aloud right now to prove their voice, so it is not spoken here. Try another line."),
    "consent_waiting": Problem("A statement for “{name}” is being reviewed already. You are told as soon as it is decided."),
    "consent_ended_already": Problem("The consent for “{name}” has ended already. There is nothing more to do."),
    "statement_kind": Problem("“{name}” is not a PDF, a PNG or JPEG picture, a plain text or a recording. Choose a file of one of these kinds."),
    "reason_missing": Problem("Give the reason: the person reads it, and can appeal."),
    "own_case": Problem("This is about yourself. Another moderator has to decide it."),
    "decided_already": Problem("This was decided already. Reload the page to see how."),
    "public_already": Problem("The voice “{name}” is public already."),
    "public_waiting": Problem("A moderator is looking at the voice “{name}” already. You are told as soon as it is decided."),
    "report_own": Problem("“{name}” is yours. To remove it, open it and delete it."),
    "report_open": Problem("You have reported “{name}” already. You are told as soon as a moderator has looked at it."),
    "too_many_reports": Problem("You have sent {limit} reports within a day. Wait until moderators have looked at them."),
    "appeal_once": Problem("There was an appeal against this decision already, and there is only one. You are told as soon as it is decided."),
    "appeal_reversed": Problem("This decision was reversed already, so there is nothing to appeal against."),
    "suspend_staff": Problem("“{name}” works for this site. Only an administrator can suspend them."),
    "not_taken_down": Problem("“{name}” is not taken down. Reload the page to see how it is."),
    "not_suspended": Problem("“{name}” is not suspended. Reload the page to see how it is."),
    # people and what they may use
    "suspended": Problem("Your account is suspended, so nothing new can be made with it: “{reason}”. You can still see and take away what is yours; to appeal, open your notices."),
    "scope_missing": Problem("This API key may not do that: it lacks the scope “{scope}” ({meaning}). Make a key with this scope on your account page."),
    "audio_limit": Problem("This is {minutes:.1f} minutes of audio, and {left:.1f} of your {limit:.0f} minutes a day are left. Choose something shorter, wait until the day ends (00:00 UTC), or ask an administrator to raise the limit."),
    "storage_limit": Problem("This needs about {needed:.0f} MB, and {free:.0f} of your {limit:.0f} MB are free. Delete dubs or voices that you no longer need, or ask an administrator for more room."),
    "voices_limit": Problem("Your library is full: {limit} voices, faces and emotion references are your limit. Delete one that you no longer need, or ask an administrator to raise the limit."),
    "spending_limit": Problem("This is expected to cost about ${usd:.2f}, and ${left:.2f} of your ${limit:.0f} a month for paid services are left. Choose engines that cost nothing, set a key of your own on your account page, or ask an administrator to raise the limit."),
    "spending_reached": Problem("Your ${limit:.0f} a month for paid services are used up, so the work was stopped; what is done is kept. Set a key of your own on your account page, or ask an administrator to raise the limit, then press Retry."),
    # the library: samples, emotion references, previews, sharing
    "sample_known": Problem("“{name}” is in this voice already, as “{other}”. Choose another recording."),
    "too_many_samples": Problem("A voice may have {limit} samples; this one has {count}. Delete some that are not used, then add “{name}”."),
    "too_many_files": Problem("{limit} files at once are the most. Nothing was taken in; send them in smaller groups."),
    "emotion_known": Problem("“{name}” is in your emotion references already, as “{other}”. Choose another recording."),
    "emotion_unusable": Problem("The emotion reference “{name}” cannot be used (yet). Wait until it is measured, or choose another one."),
    "voice_empty": Problem("The voice “{name}” has no sample that can be used yet. Add one first, and wait until it is measured."),
    "preview_stale": Problem("The samples of “{name}” changed while the line waited. Ask for it again."),
    "too_many_previews": Problem("{limit} lines are being spoken for you already. Wait until some are done."),
    "share_unknown": Problem("Nobody here has the name or e-mail address “{name}”. Check the spelling; the person needs an account."),
    "share_self": Problem("The voice is yours already. Give the name of somebody else."),
    "errand_lost": Problem("The work was interrupted {attempts} times and was stopped. Try once more; if it happens again, tell the administrator the id {id}."),
    "job_taken_down": Problem("The result “{name}” was taken down by a moderator: {reason} You can appeal against that, or delete it."),
    "voice_deleted": Problem("The voice “{name}” was deleted by its owner. Choose another voice, or let the speakers keep their own."),
    "speaker_gone": Problem("This speaker is no more in the recording: it was deleted, or who speaks was found anew. Reload the page."),
    "share_nothing": Problem("“{name}” has no result yet that could be shared. Wait until it is done."),
    "share_self_job": Problem("The dub is yours already. Give the name of somebody else."),
    "face_gone": Problem("The face “{name}” was deleted. Choose another one, and make the portrait again."),
    "face_unfit": Problem("The face “{name}” cannot be made to speak. {reason}"),
    "face_unread": Problem("The picture of “{name}” is still being looked at. Try again in a moment."),
    "voice_gone": Problem("The voice that “{speaker}” was to speak with was deleted. Choose another voice for them."),
    # live dubbing: what goes on in a session
    "rate_unsupported": Problem("Sound of {rate:,} Hz cannot be taken. Send it at {low:,} to {high:,} Hz."),
    "channels_unsupported": Problem("Sound of {channels} channels cannot be taken. Send at most {most}."),
    "chunk_too_long": Problem("A chunk of {seconds:.1f} s of sound is too long; {limit:.1f} s are the most. Send shorter ones; silence stands in its place."),
    "chunk_odd": Problem("A chunk of {size} bytes is no whole number of samples, which take {frame} bytes. Check the format (PCM of 16 bits) and the number of channels; silence stands in its place."),
    "chunks_lost": Problem("{count} chunks of sound never came; there is silence in their place. If that goes on, check the connection."),
    "chunks_dropped": Problem("{seconds:.1f} s of sound were not heard, because recognition does not keep up. Use a quicker recogniser, or fewer sessions at once."),
    "clause_late": Problem("This was given as text alone, because the dub is {lag:.0f} s behind. Pause the original for a moment, or choose a quicker voice."),
    "speaker_unheard": Problem("Speaker {number} was not heard in this session. Choose one who was."),
    "live_over": Problem("This session is over. Start another one."),
    "live_unready": Problem("The session is still loading. Try again when it has started."),
    "live_unstarted": Problem("Nothing was started, so sound cannot be heard yet. Send `start_dubbing` with a target language first."),
    "live_started": Problem("The session runs already. Change it with `settings`, or stop it first."),
    "live_spending": Problem("Your ${limit:.0f} a month for paid services are used up. Choose engines that cost nothing, set a key of your own on your account page, or ask an administrator to raise the limit."),
    "voice_under_way": Problem("A voice is being made of recordings already. Wait until it is done, then send the next ones."),
    "recording_gone": Problem("The recording {id} is not here, or not any more. Bring it again."),
    "recording_long": Problem("“{name}” is {seconds:.0f} s long; {limit:.0f} s are the most. Cut it, and bring the best part."),
    "hearing_failed": Problem("{label} failed and begins anew with the next words: {reason} If that goes on, choose another recogniser.", permanent=False),
    "live_broken": Problem("Recognition failed {attempts} times in a row, so the session was ended. Start it again; if it goes on, choose another recogniser."),
    # live dubbing: what comes by the socket
    "not_signed_in": Problem("Nobody is signed in. Sign in on the site, or connect with an API key that opens live dubbing."),
    "version_unknown": Problem("The version {asked} of the protocol is not spoken here. Update the program; known is {known}."),
    "message_not_json": Problem("A message could not be read: {reason}. Send a JSON object in a text frame, and sound in a binary one."),
    "message_unknown_type": Problem("There is no message of type “{type}”. Known are {known}."),
    "message_unknown_field": Problem("“{type}” has no field “{field}”. Leave it out; it may have {known}."),
    "message_missing_field": Problem("“{type}” lacks the field “{field}”. Send it with it."),
    "message_bad_value": Problem("“{field}” of “{type}” is not as it should be: {reason}. Send it again with another value."),
    "message_too_large": Problem("A message of {size:.0f} kB is too large; {limit:.0f} kB are the most. Send sound in shorter chunks, and recordings by /api/upload-audio."),
    "frame_unreadable": Problem("A binary frame could not be read: {reason}. Send 8 bytes of head, then PCM of 16 bits."),
    "sent_too_fast": Problem("Sound or messages come in faster than they can be done. Send sound as fast as it is spoken, in chunks of about {samples} samples; the connection is closed if it goes on."),
    "protocol_broken": Problem("{count} messages in a row could not be understood, so the connection is closed. Compare the program with /api/live/schema."),
    "too_many_sessions": Problem("You have {count} live sessions, and {limit} at once are the most. Stop one of them first."),
    "no_live_worker": Problem("Nobody is there to dub live, or everybody is busy. Try again in a moment; where the site is your own, start `manage.py live`, which `make run` does by itself.", permanent=False),
    "live_worker_lost": Problem("The process that did this session ended. Connect again: the session goes on with another.", permanent=False),
    "live_failed": Problem("Something went wrong on our side. Connect again; the session goes on.", permanent=False),
    "session_idle": Problem("Nothing came for {seconds:.0f} s, so the connection is closed. Connect again to go on."),
    # the queue
    "too_many_jobs": Problem("You have {count} jobs in the queue or running, and {limit} is your limit. Wait until one is done, or cancel one."),
    "not_now": Problem("This cannot be done while the job is {status}. Reload the page to see where it stands."),
    "lost_worker": Problem("The work was interrupted {attempts} times at the same place and was stopped. Press Retry; if it happens again, tell the administrator the id {id}."),
    "internal": Problem("Something went wrong on our side. It was logged under the id {id}; press Retry, and mention the id if it happens again.", permanent=False),
}
# fmt-note: one row a code keeps the catalogue readable; E501 is off for this file.


class PipelineError(Exception):
    """A failure that a person is told about. ``code`` is a key of :data:`CATALOGUE`; ``params`` fill its text."""

    def __init__(self, code: str, /, *, permanent: bool | None = None, **params: Any) -> None:
        self.code = code
        self.params = params
        self.permanent = CATALOGUE[code].permanent if permanent is None else permanent
        super().__init__(message(code, params))

    def __reduce__(self) -> tuple[Any, ...]:
        # Crosses processes (pools pickle what their workers raise), which the default way cannot: it has no params.
        return _rebuilt, (self.code, self.permanent, self.params)


def _rebuilt(code: str, permanent: bool, params: dict[str, Any]) -> PipelineError:
    return PipelineError(code, permanent=permanent, **params)


class Cancelled(Exception):
    """The work is no longer wanted (its owner cancelled it, or its lease went to another worker)."""


def message(code: str, params: dict[str, Any]) -> str:
    """The sentence for a person. Never raises: rows in the database outlive the templates they were written for."""
    problem = CATALOGUE.get(code, CATALOGUE["internal"])
    try:
        return problem.text.format(**params)
    except (KeyError, ValueError, IndexError, TypeError):
        return problem.text
