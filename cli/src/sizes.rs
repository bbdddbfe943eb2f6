//! Bytes as people read them.

/// A number of bytes with its unit: `1.5 MB`.
pub fn shown(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for larger in UNITS {
        // What would be shown as a thousand of a unit is one of the next.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_size_has_the_unit_that_keeps_it_short() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (999_940, "999.9 kB"),
            (999_960, "1.0 MB"),
            (1_500_000, "1.5 MB"),
            (u64::MAX, "18446744.1 TB"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }
}
