//! The lines of a file of any size, one in memory at a time, none longer than a bound.

use std::io::{BufRead, Error};

/// Why a line isn't read as text. The lines after it are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unread {
    NotUtf8,
    /// Longer than so many bytes.
    TooLong(usize),
}

impl Unread {
    pub fn said(self) -> String {
        match self {
            Self::NotUtf8 => "not UTF-8".to_owned(),
            Self::TooLong(bytes) => format!("longer than {} MiB", bytes / (1024 * 1024)),
        }
    }
}

pub struct Lines<R> {
    reader: R,
    /// Bytes of a line, its end not counted.
    longest: usize,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R, longest: usize) -> Self {
        Self { reader, longest, line: Vec::new() }
    }

    /// The next line without its end, LF or CR LF; `None` after the last.
    ///
    /// Errors: the file can't be read.
    pub fn read(&mut self) -> Result<Option<Result<&str, Unread>>, Error> {
        self.line.clear();
        let (mut any, mut is_too_long) = (false, false);
        loop {
            let read = self.reader.fill_buf()?;
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            any |= !read.is_empty();
            // One more than the longest, which may be the CR of a line's end.
            is_too_long |= self.line.len() + part.len() > self.longest + 1;
            if !is_too_long {
                self.line.extend_from_slice(part);
            }
            let (used, is_whole) = (part.len() + usize::from(end.is_some()), end.is_some() || read.is_empty());
            self.reader.consume(used);
            if is_whole {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        if is_too_long || line.len() > self.longest {
            return Ok(Some(Err(Unread::TooLong(self.longest))));
        }
        Ok(Some(std::str::from_utf8(line).map_err(|_| Unread::NotUtf8)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Read through a buffer that is shorter than the lines.
    fn all(bytes: &[u8]) -> Vec<Result<String, Unread>> {
        let mut lines = Lines::new(BufReader::with_capacity(3, bytes), 5);
        let mut all = Vec::new();
        while let Some(line) = lines.read().expect("memory can be read") {
            all.push(line.map(str::to_owned));
        }
        all
    }

    #[test]
    fn a_line_ends_where_it_ends_and_may_have_its_length_exactly() {
        let good = |lines: &[&str]| lines.iter().map(|line| Ok((*line).to_owned())).collect::<Vec<_>>();
        assert_eq!(all(b""), good(&[]));
        assert_eq!(all(b"a\r\n\nb"), good(&["a", "", "b"]));
        assert_eq!(all(b"12345\n12345\r\n12345"), good(&["12345", "12345", "12345"]));
        let long = Err(Unread::TooLong(5));
        assert_eq!(
            all(b"123456\n123456\r\n1234567890123\n1234\n123456"),
            [long.clone(), long.clone(), long.clone(), Ok("1234".to_owned()), long]
        );
        assert_eq!(all(b"a\n\xff\xfe\nb\n"), [Ok("a".to_owned()), Err(Unread::NotUtf8), Ok("b".to_owned())]);
    }
}
