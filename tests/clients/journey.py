"""The journey of an analyst with the client that openapi-python-client makes from openapi.yaml.

    journey.py SETUP_LINK

Signs in by the set-up link, saves a dataset, generates, exports and opens the workbook.
"""

import io
import json
import sys
import time

import openpyxl
from synthetic_data_client import AuthenticatedClient, Client
from synthetic_data_client.api.auth import create_first_user, get_me
from synthetic_data_client.api.catalogue import get_template
from synthetic_data_client.api.datasets import create_dataset, get_dataset, list_dataset_rows, list_versions
from synthetic_data_client.api.exports import create_export, get_export, get_export_content
from synthetic_data_client.api.generations import create_generation, get_certificate, get_generation
from synthetic_data_client.api.plan import create_plan, create_preview
from synthetic_data_client.models import (
    FirstUser,
    NewDataset,
    NewExport,
    NewExportFormat,
    NewGeneration,
    PlanRequest,
    PreviewRequest,
    ProblemDocument,
    State,
)


def ended(read):
    """A job once it has ended, asked for a minute at most."""
    for _ in range(600):
        job = read()
        if job.state not in (State.QUEUED, State.RUNNING):
            return job
        time.sleep(0.1)
    raise SystemExit("the job has not ended within a minute")


def main() -> None:
    server, token = sys.argv[1].split("/setup#token=")
    user = FirstUser(token=token, email="ana@example.com", password="correct horse battery", name="Ana")
    session = create_first_user.sync(client=Client(base_url=server), body=user)
    client = AuthenticatedClient(base_url=server, token=session.access_token)
    assert get_me.sync(client=client).email == "ana@example.com"

    text = get_template.sync("hiring", client=client).text
    refused = create_plan.sync(client=client, body=PlanRequest(schema_text=text.replace("choice", "chioce", 1)))
    assert isinstance(refused, ProblemDocument) and refused.status == 422, refused
    assert refused.errors[0].fix[0]["value"] == "choice", refused

    preview = create_preview.sync(client=client, body=PreviewRequest(schema_text=text, table="candidate", limit=3))
    assert len(preview.rows) == 3 and preview.total == 100

    dataset = create_dataset.sync(client=client, body=NewDataset(schema_text=text))
    assert get_dataset.sync(dataset.id, client=client).name == "hiring"
    assert list_versions.sync(dataset.id, client=client).total == 1
    page = list_dataset_rows.sync(dataset.id, "candidate", client=client, limit=3)
    assert [row.to_dict() for row in page.items] == [row.to_dict() for row in preview.rows]

    started = create_generation.sync(dataset.id, client=client, body=NewGeneration(seed=7))
    generation = ended(lambda: get_generation.sync(started.id, client=client))
    assert generation.state == State.SUCCEEDED and generation.certificate.broken == 0, generation
    certificate = json.loads(get_certificate.sync_detailed(started.id, client=client).content)
    assert any(result["id"] == "planned-in-order" for result in certificate["results"])

    asked = create_export.sync(generation.id, client=client, body=NewExport(format_=NewExportFormat.XLSX))
    export = ended(lambda: get_export.sync(asked.id, client=client))
    content = get_export_content.sync_detailed(export.id, client=client).content
    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    assert workbook.sheetnames[:2] == ["Specification", "Data dictionary"], workbook.sheetnames
    rows = list(workbook["candidate"].iter_rows(values_only=True))
    assert len(rows) == 101 and rows[0][0] == "id", rows[:2]
    print(f"python: {export.file_name}, {len(content)} bytes, {len(rows) - 1} candidates")


main()
