//! Operation by operation, who may call it.

use super::{Access, Needs};
use crate::users::Role::{Admin, Editor, Viewer};

const fn line(operation: &'static str, needs: Needs) -> Access {
    Access { operation, needs, is_audited: false, is_idempotent: false, is_upload: false }
}

const fn open(operation: &'static str) -> Access {
    line(operation, Needs::Nobody)
}

const fn viewer(operation: &'static str) -> Access {
    line(operation, Needs::Role(Viewer))
}

const fn editor(operation: &'static str) -> Access {
    line(operation, Needs::Role(Editor))
}

const fn admin(operation: &'static str) -> Access {
    line(operation, Needs::Role(Admin))
}

impl Access {
    /// The same, put on the audit trail.
    const fn audited(self) -> Access {
        Access { is_audited: true, ..self }
    }

    /// The same, whose handler bounds its body.
    const fn upload(self) -> Access {
        Access { is_upload: true, ..self }
    }

    /// The same, on the audit trail and with an `Idempotency-Key`.
    const fn work(self) -> Access {
        Access { is_audited: true, is_idempotent: true, ..self }
    }
}

/// All operations.
pub const TABLE: &[Access] = &[
    open("get_setup"),
    open("create_first_user").audited(),
    open("login").audited(),
    open("refresh_session"),
    open("logout").audited(),
    viewer("get_me"),
    admin("list_users"),
    admin("create_user").work(),
    line("get_user", Needs::OwnOr(Admin)),
    line("update_user", Needs::OwnOr(Admin)).audited(),
    admin("delete_user").audited(),
    viewer("list_api_keys"),
    line("create_api_key", Needs::Session(Viewer)).audited(),
    viewer("get_api_key"),
    line("delete_api_key", Needs::Session(Viewer)).audited(),
    viewer("list_datasets"),
    editor("create_dataset").work(),
    viewer("get_dataset"),
    editor("update_dataset").audited(),
    editor("delete_dataset").audited(),
    editor("restore_dataset").audited(),
    viewer("get_schema"),
    editor("save_schema").audited(),
    viewer("list_versions"),
    viewer("get_version"),
    viewer("list_dataset_rows"),
    viewer("create_plan"),
    viewer("create_preview"),
    viewer("verify_files").upload(),
    viewer("list_dataset_generations"),
    editor("create_generation").work(),
    viewer("list_generations"),
    viewer("get_generation"),
    editor("delete_generation").audited(),
    editor("cancel_generation").audited(),
    editor("resume_generation").audited(),
    viewer("stream_generation_events"),
    viewer("list_generation_tables"),
    viewer("list_generation_rows"),
    viewer("get_profile"),
    viewer("query_generation"),
    viewer("get_certificate"),
    viewer("list_generation_exports"),
    viewer("create_export").work(),
    viewer("list_exports"),
    viewer("get_export"),
    editor("delete_export").audited(),
    viewer("create_export_link"),
    line("get_export_content", Needs::LinkOr(Viewer)),
    open("list_generators"),
    open("get_generator"),
    open("list_formats"),
    open("list_templates"),
    open("get_template"),
    open("get_language"),
    viewer("list_llm_usage"),
    editor("ask_llm_again").audited(),
    viewer("get_llm_status"),
    editor("write_schema").audited(),
    editor("write_element").audited(),
    admin("get_status"),
    admin("list_audit"),
    admin("list_backups"),
    admin("create_backup").work(),
    admin("get_backup"),
];
