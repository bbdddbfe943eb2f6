//! Compiles migrations and studio in anew when they have changed.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    if std::env::var_os("CARGO_FEATURE_STUDIO").is_some() {
        println!("cargo:rerun-if-changed=../frontend/dist");
    }
}
