//! Plugins that misbehave, one file an attack.
//!
//! Each test sends in a guest or a file that does one thing that it must not, and shows the typed error
//! and the exact message that a person reads. After each the host still serves another plugin:
//! `harness::still_serves` runs one on the same sandbox, `harness::signed::still_admits` admits one. That
//! memory is back is measured in `memory.rs`, in a process of its own.

#![cfg(test)]

mod harness;

// What a guest does while it runs.
mod bytes_under_null_slots;
mod deep_recursion;
mod endless_next;
mod endless_search;
mod handle_leak;
mod host_memory;
mod kernel_word_kept;
mod log_flood;
mod many_memories_or_tables;
mod memory_growth;
mod million_host_calls;
mod million_requests;
mod nan_payloads;
mod offsets_cut_a_character;
mod offsets_go_back;
mod offsets_past_the_end;
mod request_tricks;
mod returned_list_of_4_gib;
mod rights_slide;
mod spin;
mod spin_in_start;
mod state_over_its_size;
mod stopped_while_spinning;
mod target_reads_cells;
mod trap_mid_batch;
mod type_changed;
mod undeclared_column_dropped;
mod undeclared_column_read;
mod undeclared_column_written;
mod undeclared_output;
mod unkeyed_hash;
mod unknown_key;
mod wrong_column_type;

// What a component is, before it runs.
mod cache_of_another_engine;
mod cache_of_another_host;
mod cache_tampered;
#[cfg(unix)]
mod compiler_crash;
mod core_module;
mod exhausting_data_segment;
mod exhausting_function;
mod nested_components;
mod relaxed_simd;
mod shared_memory;
mod unknown_import;
mod wasi_import;

// What a file says, and who signed it.
mod bit_flipped_anywhere;
mod bytes_after_the_envelope;
mod envelope_not_last;
mod expired;
mod fuzz_seeds;
mod key_not_for_kind;
mod length_of_4_gib;
mod manifest_control_characters;
mod manifest_id_path;
mod manifest_in_latin_1;
mod manifest_of_100_mb;
mod manifest_twice;
mod manifest_unknown_fields;
mod not_yet_valid;
mod older_than_the_ratchet;
mod revocation_list_replayed;
mod revoked_digest;
mod revoked_key;
mod same_key_twice;
mod signature_over_another_file;
mod too_few_signatures;
mod truncated_anywhere;
mod two_envelopes;

// What a query's SQL says.
mod floors;
mod statements;

// What lies in the inbox, and who comes to the state directory.
#[cfg(unix)]
mod another_user_on_the_control_socket;
#[cfg(unix)]
mod inbox_device;
#[cfg(unix)]
mod inbox_foreign_owner;
#[cfg(unix)]
mod inbox_group_writable;
#[cfg(unix)]
mod inbox_link;
#[cfg(unix)]
mod inbox_swapped_file;
mod second_process;
