//! Server-sent events, as far as completions use them.

/// Bytes of an event beyond which it is none.
const MAX_EVENT: usize = 4 << 20;

/// Takes bytes as they come and gives the data of whole events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: String,
    after_return: bool,
}

impl Events {
    /// The data of the events that end in `bytes`; `Err` where one is too long to be one.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, ()> {
        let mut events = Vec::new();
        for &byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_return) => {}
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    events.extend(self.end_line());
                }
                byte => {
                    self.after_return = false;
                    self.line.push(byte);
                }
            }
        }
        if self.line.len() + self.data.len() > MAX_EVENT { Err(()) } else { Ok(events) }
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return (!self.data.is_empty()).then(|| std::mem::take(&mut self.data));
        }
        let line = String::from_utf8_lossy(&line);
        if let Some(data) = line.strip_prefix("data:") {
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_however_they_are_cut() {
        let text =
            "data: {\"a\":\"ñ\"}\n\n: a comment\r\n\r\nevent: x\r\ndata: one\r\ndata: two\r\n\r\ndata:[DONE]\n\n";
        for size in 1..text.len() {
            let mut events = Events::default();
            let found: Vec<String> =
                text.as_bytes().chunks(size).flat_map(|c| events.push(c).expect("short")).collect();
            assert_eq!(found, ["{\"a\":\"ñ\"}", "one\ntwo", "[DONE]"], "{size}");
        }
    }
}
