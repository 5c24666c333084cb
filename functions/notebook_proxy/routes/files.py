"""Files of a notebook session."""

import tempfile
from pathlib import Path

from functions.notebook_proxy.hand_overs import start_hand_over
from functions.notebook_proxy.routes.sessions import session_id
from functions.notebook_proxy.schemas import FileList, FileView
from shared.db import notebooks, uploads
from shared.domain.ids import FileId
from shared.domain.limits import LimitClass
from shared.errors import Unavailable
from shared.web.routes import Call, Policy, Reply, Routes
from shared.web.uploads import receive_file

routes = Routes("notebook")


@routes.add(
    "POST",
    "notebook/sessions/{session_id}/upload",
    Policy.SIGNED_IN,
    upload=True,
    reply=FileView,
    status=201,
    durable=True,
    limit=LimitClass.UPLOAD,
    errors={
        404: ("notebook_session_not_found",),
        413: ("file_too_large", "form_too_large"),
        415: ("not_multipart", "unsupported_type"),
        422: (
            "invalid_multipart",
            "body_cut_off",
            "file_missing",
            "several_files",
            "file_name_missing",
            "file_empty",
            "file_corrupt",
            "file_encrypted",
            "file_limits_exceeded",
        ),
        429: ("too_many_files", "too_many_bytes"),
        503: ("blob_unavailable", "extraction_unavailable"),
    },
)
async def upload_file(call: Call) -> FileView:
    """Stores a file in a notebook session and begins to read it

    One field `file` of multipart/form-data. Its type is proven by its content: pdf, docx, xlsx, pptx, txt, md, csv or
    html. The reply comes when the file is stored; `status` says how far the reading is, then and in the list of files.
    """
    assert call.content is not None  # the route takes uploads
    uploading = call.runtime.uploading
    session = await uploading.admit(call.caller, session_id(call))
    with tempfile.TemporaryDirectory(prefix="nexus-upload-") as folder:
        content = Path(folder, "content")
        name, size = await receive_file(call.headers, call.content, content, max_bytes=uploading.limits.file_bytes)
        file = await uploading.store(session, content, name, size)
    await start_hand_over(call.starter, file.id)
    return FileView.of(file)


@routes.add(
    "GET",
    "notebook/sessions/{session_id}/files",
    Policy.SIGNED_IN,
    reply=FileList,
    errors={404: ("notebook_session_not_found",)},
)
async def list_files(call: Call) -> FileList:
    """The files of a notebook session and how far each is"""
    async with call.runtime.db.connection() as connection:
        session = await notebooks.get(connection, call.caller, session_id(call))
        files = await uploads.of_session(connection, session.id)
    return FileList([FileView.of(file) for file in files])


@routes.add(
    "POST",
    "notebook/sessions/{session_id}/files/{file_id}/retry",
    Policy.SIGNED_IN,
    reply=FileView,
    status=202,
    durable=True,
    errors={404: ("notebook_session_not_found", "file_not_found"), 409: ("file_not_failed",)},
)
async def retry_file(call: Call) -> FileView:
    """Reads a failed file again, without a new upload"""
    async with call.runtime.db.connection() as connection:
        file = await uploads.get_own(connection, call.caller, session_id(call), _file_id(call))
        await uploads.queue_again(connection, file)
        file = await uploads.get(connection, file.id)
    await start_hand_over(call.starter, file.id)
    return FileView.of(file)


@routes.add(
    "DELETE",
    "notebook/sessions/{session_id}/files/{file_id}",
    Policy.SIGNED_IN,
    status=204,
    also=(202,),
    errors={404: ("notebook_session_not_found", "file_not_found")},
)
async def delete_file(call: Call) -> Reply:
    """Deletes a file everywhere; 202 when a part of that has to wait"""
    async with call.runtime.db.connection() as connection:
        file = await uploads.get_own(connection, call.caller, session_id(call), _file_id(call))
        await uploads.hide(connection, file.id)
    try:
        await call.runtime.notebook_upkeep.remove_file(file)
    except Unavailable:
        return Reply(202, None)  # hidden already; the timer does the rest
    return Reply(204, None)


def _file_id(call: Call) -> FileId:
    return FileId(call.id("file_id", "file"))
