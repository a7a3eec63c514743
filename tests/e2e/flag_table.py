"""Which test sees what each flag does. A flag without a row fails flags_test.py; so does a row without its test.

A row's value is the name of a method of flags_test.Effects, which runs the program with and without the flag and asserts
the difference; or `FILE:TEST` for a test of another script, whose text must name the flag."""

# Flags of every subcommand of minions that reaches a server.
SERVER = {
    "--server": "server", "--profile": "profile", "--policy": "policy", "--trusted-attestation-pem": "trusted_pem",
    "--vm-launch-measurement": "launch_measurement", "--allow-simulated": "allow_simulated", "--ca-file": "ca_file",
    "--offline": "offline", "--jwks": "jwks", "--collateral-cache": "collateral_cache",
    "--collateral-url": "collateral_url",
}
SUPERVISOR = {
    "--model": "model", "--system-prompt": "system_prompt", "--api-key-file": "api_key_file", "--no-retry": "no_retry",
    "--timeout": "endings_test.py:test_a_client_of_less_patience_gives_up",
}
SAMPLING = ("max-tokens", "temperature", "top-p", "seed", "stop", "param")
ANSWER = {**{f"--{name}": "endings_test.py:test_of_ask_and_chat" for name in SAMPLING},
          "--passages": "context_test.py:test_passages_are_chosen_for_the_question_and_named",
          "--reasoning": "endings_test.py:test_reasoning_is_shown_on_request_and_kept_out_of_the_answer"}
RUN = {f"--{prefix}{name}": "endings_test.py:test_of_worker_and_supervisor" for prefix in ("", "worker-")
       for name in SAMPLING}
DOCUMENTS = {
    "--file": "file", "--unsafe-no-sandbox": "no_sandbox", "--ocr": "ocr", "--no-document-cache": "document_cache",
    "--encoding": "encoding", "--hidden": "hidden",
}

MINIONS = {
    "ask": {**SERVER, **SUPERVISOR, **DOCUMENTS, **ANSWER, "--output": "output", "--log": "log",
            "--max-image-pixels": "images_test.py:test_larger_ones_are_reduced_on_request"},
    "chat": {**SERVER, **SUPERVISOR, **DOCUMENTS, **ANSWER, "--log": "log",
             "--history": "chat_test.py:test_history_is_kept_where_the_user_asks_for_it",
             "--max-image-pixels": "images_test.py:test_chat_reduces_what_is_attached"},
    "run": {**SERVER, **SUPERVISOR, **DOCUMENTS, **RUN, "--output": "output",
            "--max-image-pixels": "worker_picture", "--image": "worker_picture", "--worker": "worker",
            "--worker-context": "worker_context", "--worker-key-file": "worker_key",
            "--worker-threads": "minion_workers_test.py:test_a_gguf_file_is_a_worker_in_this_process",
            "--worker-mmproj": "minion_workers_test.py:test_it_sees_pictures_with_a_projector",
            "--allow-remote-worker": "remote_worker", "--max-rounds": "max_rounds", "--metadata": "metadata",
            "--privacy": "minion_workers_test.py:test_privacy_keeps_personal_data_here",
            "--approve": "minion_workers_test.py:test_each_message_can_be_forbidden",
            "--max-disclosed": "minion_workers_test.py:test_the_users_limit_stops_the_run",
            "--log-dir": "log_dir", "--no-log": "minion_test.py:test_no_log_is_written_where_none_is_wanted",
            "--log-key-file": "minion_test.py:test_an_encrypted_log_needs_its_key", "--logging-id": "logging_id"},
    "attest": {**SERVER, "--output": "output", "--as-of": "as_of_of_attest"},
    "models": {**SERVER, "--output": "output", "--api-key-file": "api_key_file"},
    "verify": {**{flag: test for flag, test in SERVER.items() if flag not in ("--server", "--profile")},
               "--output": "output", "--api-key-file": "minion_test.py:test_an_api_key_is_not_in_the_log_and_verifies_with_it",
               "--log-key-file": "minion_test.py:test_an_encrypted_log_needs_its_key",
               "--as-of": "policy_test.py:test_a_document_is_appraised_as_of_its_time"},
    "disclosed": {"--log-key-file": "minion_test.py:test_an_encrypted_log_needs_its_key"},
    "policy": {},
    "policy init": {"--from": "policy_test.py:test_a_written_policy_accepts_the_server_and_no_other",
                    "--output": "policy_test.py:test_a_written_policy_accepts_the_server_and_no_other",
                    "--policy": "init_policy", "--ca-file": "init_ca_file",
                    "--as-of": "policy_test.py:test_a_policy_of_a_folder_takes_the_genuine_machines_and_no_forged_one",
                    "--covers": "bare_test.py:test_a_written_policy_says_its_class_and_what_is_missing"},
    "policy check": {},
    "policy confirm": {"--yes": "policy_test.py:test_first_use_is_named_among_the_readers_until_it_is_confirmed",
                       "--against": "policy_test.py:test_confirm_compares_with_a_file_of_the_operators"},
    "policy diff": {},
    "help": {},
}

SERVER_CHILD = "model_server_test.py:test_is_started_confined_asked_and_stopped"
ENDPOINT = "model_server_test.py:test_an_endpoint_that_answers_is_used"
NO_ENDPOINT = "model_server_test.py:test_an_endpoint_that_does_not_answer_is_where_it_is_started"
HUB = "model_store_test.py:test_a_file_of_the_hub_is_fetched_checked_resumed_and_served"
AZURE = "azure_test.py:test_does_not_start_without_what_azure_has"
DOCTOR = "doctor_test.py:test_says_what_is_missing_and_how_to_mend_it"
UPLOADS = "limits_test.py:test_uploads_and_exchanges_of_an_address"
HELD_BYTES = "limits_test.py:test_bytes_of_an_address_of_a_key_and_in_all"

MINIONSD = {
    "--listen": "listen", "--host": "host_and_port", "--port": "host_and_port", "--admin-listen": "admin_listen",
    "--tls-cert": "ask_test.py:test_minionsd_itself_ends_tls", "--tls-key": "ask_test.py:test_minionsd_itself_ends_tls",
    "--tls-spki": "proxy_test.py:test_the_proxys_key_is_pinned_by_the_statement", "--open": "open",
    "--attestation-key-path": "attestation_key_path", "--threads": "threads", "--config": "config",
    "--log-level": "secrecy_test.py:test_logs_and_metrics_hold_no_content", "--log-format": "log_format",
    "--api-keys": "failure_test.py:test_a_missing_or_wrong_api_key_is_5",
    "--replica": "proxy_test.py:test_the_replicas_cookie_keeps_a_client_with_its_replica",
    "--trusted-proxy": "proxy_test.py:replicas",
    "--epoch-s": "operation_test.py:test_a_chat_goes_on_over_a_rotation",
    "--drain-s": "operation_test.py:test_a_drain_that_takes_too_long_cuts_what_still_runs",
    "--idle-s": "idle_and_max", "--max-s": "idle_and_max", "--max-sessions": "max_sessions",
    "--max-request": "max_request", "--key-requests-per-minute": "key_requests_per_minute",
    "--key-concurrent-requests": "key_concurrent_requests", "--padding": "padding_and_tick",
    "--tick-ms": "padding_and_tick",
    "--max-connections": "limits_test.py:test_connections_in_all", "--address-connections": UPLOADS,
    "--address-uploads": UPLOADS, "--address-nonces": "limits_test.py:test_nonces_of_an_address",
    "--address-sessions": "limits_test.py:test_sessions_of_an_address", "--address-bytes": HELD_BYTES,
    "--key-sessions": "limits_test.py:test_sessions_of_a_key", "--key-bytes": HELD_BYTES, "--max-unfinished": HELD_BYTES,
    # models
    "--compute": "compute", "--upstream-cache": "tenants_test.py:test_the_operators_word_counts",
    "--engine": "failure_test.py:test_minionsds_wrong_usage_is_2", "--upstream": "model_server_test.py:test_wrong_usage_is_2",
    "--upstream-ca-file": "upstream_ca_file", "--model": HUB, "--ctx": "model_test.py:start",
    "--parallel": "model_test.py:test_four_chats_at_once_all_end_and_none_starves",
    "--gpu-layers": "gpu_layers", "--model-threads": "model_test.py:start",
    "--share-prompt-cache": "model_test.py:test_another_session_finds_nothing_of_it",
    "--mmproj": "model_store_test.py:test_a_projector_of_the_hub_is_fetched_beside_its_model",
    "--image-max-tokens": "vision_test.py:test_what_is_no_picture_is_refused_and_the_session_goes_on",
    "--sglang-model": ENDPOINT, "--sglang-endpoint": ENDPOINT, "--vllm-model": NO_ENDPOINT, "--vllm-endpoint": NO_ENDPOINT,
    "--server-command": "model_server_test.py:command", "--server-arg": "server_arg", "--server-env": SERVER_CHILD,
    "--server-log": SERVER_CHILD,
    "--server-start-s": "model_server_test.py:test_one_that_never_serves_is_an_error_with_its_reason",
    # the platform
    "--attest": "doctor_test.py:test_serving_without_hardware_ends_with_what_was_looked_for", "--gpu": "gpu",
    "--allow-debug-guest": "allow_debug_guest", "--maa": "doctor_test.py:test_usage_is_checked", "--nras": "nras",
    "--tsm-root": "bare_test.py:test_auto_finds_the_guest_and_a_client_that_pins_its_roots_asks_it",
    "--sev-guest-device": DOCTOR, "--nvml-library": "bare_test.py:test_gpus_are_attested_left_out_or_required",
    "--tpm-tcti": AZURE, "--imds": AZURE, "--collateral": "collateral", "--collateral-cache": "collateral",
    "--collateral-url": "collateral",
    "--output": "doctor_test.py:test_text_is_for_people",
}
