//! The tables as diesel sees them; a test holds them equal to what the migrations make, where their meaning is written.

#![allow(missing_docs, reason = "the migrations say what each column is")]

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        created_at -> Text,
        updated_at -> Text,
        session_version -> Integer,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        family -> Text,
        user_id -> Text,
        created_at -> Text,
        expires_at -> Text,
        rotated_at -> Nullable<Text>,
    }
}

diesel::table! {
    datasets (id) {
        id -> Text,
        name -> Text,
        description -> Nullable<Text>,
        version -> Integer,
        created_at -> Text,
        updated_at -> Text,
        updated_by -> Nullable<Text>,
        deleted_at -> Nullable<Text>,
    }
}

diesel::table! {
    dataset_versions (dataset_id, version) {
        dataset_id -> Text,
        version -> Integer,
        text -> Text,
        media_type -> Text,
        canonical -> Text,
        etag -> Text,
        tables -> Text,
        created_at -> Text,
        created_by -> Nullable<Text>,
    }
}

diesel::table! {
    generations (id) {
        id -> Text,
        dataset_id -> Text,
        version -> Integer,
        seed -> BigInt,
        scale -> Nullable<Double>,
        rows -> Text,
        parameters -> Text,
        tables -> Text,
        engine_version -> Text,
        reference_time -> Text,
        state -> Text,
        rows_total -> BigInt,
        failure -> Nullable<Text>,
        content_hash -> Nullable<Text>,
        verdict -> Nullable<Text>,
        certificate -> Nullable<Text>,
        created_at -> Text,
        created_by -> Nullable<Text>,
        started_at -> Nullable<Text>,
        finished_at -> Nullable<Text>,
        llm_model -> Nullable<Text>,
        llm_ceiling_usd -> Nullable<Double>,
        llm_filled_at -> Nullable<Text>,
        held_for -> Nullable<Text>,
        leased_until -> Nullable<Text>,
        attempts -> Integer,
    }
}

diesel::table! {
    generation_parts (generation_id, table_index, part) {
        generation_id -> Text,
        table_index -> Integer,
        part -> Integer,
        rows -> BigInt,
        size_bytes -> BigInt,
        content_hash -> Text,
    }
}

diesel::table! {
    generation_profiles (generation_id, table_index) {
        generation_id -> Text,
        table_index -> Integer,
        profile -> Text,
    }
}

diesel::table! {
    exports (id) {
        id -> Text,
        generation_id -> Text,
        format -> Text,
        tables -> Text,
        options -> Text,
        compression -> Nullable<Text>,
        state -> Text,
        file_name -> Nullable<Text>,
        media_type -> Nullable<Text>,
        size_bytes -> Nullable<BigInt>,
        content_hash -> Nullable<Text>,
        failure -> Nullable<Text>,
        created_at -> Text,
        created_by -> Nullable<Text>,
        finished_at -> Nullable<Text>,
        leased_until -> Nullable<Text>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        prefix -> Text,
        key_hash -> Text,
        role -> Text,
        scopes -> Nullable<Text>,
        created_at -> Text,
        expires_at -> Text,
        last_used_at -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Integer,
        location -> Text,
        etag -> Nullable<Text>,
        body -> Text,
        created_at -> Text,
    }
}

diesel::table! {
    llm_usage (id) {
        id -> Text,
        generation_id -> Nullable<Text>,
        table_name -> Nullable<Text>,
        column_name -> Nullable<Text>,
        model -> Text,
        calls -> BigInt,
        prompt_tokens -> BigInt,
        completion_tokens -> BigInt,
        cost_microusd -> BigInt,
        created_at -> Text,
        asked_by -> Text,
        unanswered_microusd -> BigInt,
    }
}

diesel::table! {
    llm_questions (address) {
        address -> Text,
        model -> Text,
        prompt -> Text,
        item -> Text,
        item_hash -> Text,
        temperature -> Nullable<Text>,
        answers -> BigInt,
        is_exhausted -> Integer,
        calls -> BigInt,
        prompt_tokens -> BigInt,
        completion_tokens -> BigInt,
        created_at -> Text,
        exhausted_wanted -> Nullable<BigInt>,
        exhausted_url -> Nullable<Text>,
    }
}

diesel::table! {
    llm_answers (address, place) {
        address -> Text,
        place -> BigInt,
        answer -> Text,
    }
}

diesel::table! {
    generation_pools (generation_id, place) {
        generation_id -> Text,
        place -> BigInt,
        address -> Text,
        table_name -> Text,
        column_names -> Text,
        answers -> BigInt,
        duplicates -> BigInt,
        invalid -> BigInt,
        refusals -> BigInt,
        is_exhausted -> Integer,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    audit (id) {
        id -> Text,
        at -> Text,
        operation -> Text,
        object -> Text,
        outcome -> Text,
        user_id -> Nullable<Text>,
        user_email -> Nullable<Text>,
        key_id -> Nullable<Text>,
        address -> Text,
        request_id -> Text,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(datasets -> users (updated_by));
diesel::joinable!(dataset_versions -> users (created_by));
diesel::joinable!(generations -> datasets (dataset_id));
diesel::joinable!(exports -> generations (generation_id));
diesel::joinable!(llm_usage -> generations (generation_id));
diesel::joinable!(llm_answers -> llm_questions (address));
diesel::joinable!(generation_pools -> llm_questions (address));
diesel::joinable!(generation_pools -> generations (generation_id));
diesel::joinable!(api_keys -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    datasets,
    dataset_versions,
    generations,
    generation_parts,
    generation_profiles,
    exports,
    api_keys,
    idempotency_keys,
    llm_usage,
    llm_questions,
    llm_answers,
    generation_pools,
    audit,
);
