//! The client's messages in a stream of bytes.

const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();
const GSS_REQUEST: [u8; 4] = 80_877_104_u32.to_be_bytes();
const TLS_HANDSHAKE: u8 = 0x16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// Messages have a length and no type until a startup message is through.
    #[default]
    Startup,
    /// Messages have a type and a length.
    Typed,
    /// Encrypted: no messages can be told.
    Opaque,
}

/// Follows the frontend's messages from the first byte of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    phase: Phase,
    head: Vec<u8>,
    body_left: usize,
    started: u64,
    ended: u64,
    last_type: u8,
}

impl Frames {
    /// How many messages have come whole.
    pub(super) fn ended(&self) -> u64 {
        self.ended
    }

    /// Whether the last message says goodbye, which nobody answers.
    pub(super) fn says_goodbye(&self) -> bool {
        self.phase == Phase::Typed && self.last_type == b'X'
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.walk(chunk, |_| false);
    }

    /// Where in the chunk the `k`th message starts.
    pub(super) fn start_of(&mut self, k: u64, chunk: &[u8]) -> Option<usize> {
        let started = self.started;
        let after_first_byte = self.walk(chunk, |frames| started < k && frames.started >= k)?;
        Some(after_first_byte - 1)
    }

    /// Where in the chunk the `k`th message ends.
    pub(super) fn end_of(&mut self, k: u64, chunk: &[u8]) -> Option<usize> {
        let ended = self.ended;
        self.walk(chunk, |frames| ended < k && frames.ended >= k)
    }

    /// Goes through the chunk until `found`, and says after how many bytes that was.
    fn walk(&mut self, chunk: &[u8], found: impl Fn(&Self) -> bool) -> Option<usize> {
        let mut at = 0;
        while at < chunk.len() {
            let skipped = match self.phase {
                // Nobody looks at the body of a typed message, but for its last byte, which ends it.
                Phase::Typed => self.body_left.saturating_sub(1).min(chunk.len() - at - 1),
                Phase::Startup | Phase::Opaque => 0,
            };
            self.body_left -= skipped;
            at += skipped;
            self.step(chunk[at]);
            at += 1;
            if found(self) {
                return Some(at);
            }
        }
        None
    }

    fn step(&mut self, byte: u8) {
        if self.phase == Phase::Opaque {
            return;
        }
        if self.body_left > 0 {
            self.keep_code(byte);
            self.body_left -= 1;
            if self.body_left == 0 {
                self.end();
            }
            return;
        }
        if self.head.is_empty() {
            if self.phase == Phase::Startup && byte == TLS_HANDSHAKE {
                self.phase = Phase::Opaque;
                return;
            }
            self.started += 1;
        }
        self.head.push(byte);
        let type_bytes = usize::from(self.phase == Phase::Typed);
        if self.head.len() == type_bytes + 4 {
            self.begin_body(type_bytes);
        }
    }

    fn begin_body(&mut self, type_bytes: usize) {
        let length = self.head[type_bytes..]
            .iter()
            .fold(0, |sum, b| sum << 8 | usize::from(*b));
        self.last_type = self.head[0];
        // The length counts itself.
        self.body_left = length.saturating_sub(4);
        if self.body_left == 0 {
            self.end();
        }
    }

    /// A startup message's first four bytes of body say what it is.
    fn keep_code(&mut self, byte: u8) {
        if self.phase == Phase::Startup && self.head.len() < 8 {
            self.head.push(byte);
        }
    }

    fn end(&mut self) {
        self.ended += 1;
        let asks = [SSL_REQUEST, GSS_REQUEST]
            .iter()
            .any(|code| self.head.ends_with(code));
        if self.phase == Phase::Startup && !asks {
            self.phase = Phase::Typed;
            self.last_type = 0;
        }
        self.head.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn startup() -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 17, 0, 3, 0, 0];
        bytes.extend(b"user\0me\0\0");
        bytes
    }

    fn stream() -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 8];
        bytes.extend(SSL_REQUEST);
        bytes.extend(startup());
        bytes.extend(b"Q\0\0\0\x0eSELECT 1;\0");
        bytes.extend(b"S\0\0\0\x04");
        bytes.extend(b"X\0\0\0\x04");
        bytes
    }

    #[test]
    fn messages_are_told_however_the_stream_is_chopped() {
        let bytes = stream();
        for size in 1..=bytes.len() {
            let mut frames = Frames::default();
            bytes.chunks(size).for_each(|chunk| frames.feed(chunk));
            assert_eq!((frames.started, frames.ended), (5, 5), "chunks of {size}");
            assert!(frames.says_goodbye());
        }
    }

    #[test]
    fn a_message_has_its_start_and_end() {
        let bytes = stream();
        let at = |k| {
            let frames = Frames::default();
            (
                frames.clone().start_of(k, &bytes),
                frames.clone().end_of(k, &bytes),
            )
        };
        assert_eq!(at(1), (Some(0), Some(8)));
        assert_eq!(at(2), (Some(8), Some(25)));
        assert_eq!(at(3), (Some(25), Some(40)));
        assert_eq!(at(6), (None, None));
    }

    #[test]
    fn what_is_encrypted_is_not_counted() {
        let mut frames = Frames::default();
        frames.feed(&[0, 0, 0, 8]);
        frames.feed(&SSL_REQUEST);
        frames.feed(&[TLS_HANDSHAKE, 3, 1, 0, 200]);
        assert_eq!(frames.ended(), 1);
    }
}
