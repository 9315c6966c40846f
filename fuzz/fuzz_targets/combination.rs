#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    (scrip_fuzz::target("combination").expect("a target of this name").run)(data);
});
