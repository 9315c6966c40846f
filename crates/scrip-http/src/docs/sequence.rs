//! A sequence picture, drawn from the little of Mermaid that code hosts draw as well: one source, legible in both places.

use maud::{Markup, html};

/// Between two steps.
const ROW: usize = 46;
const HEAD: usize = 34;

/// How far apart those stand who take part. In the picture's own units, which are pixels at full size: a text of 12 is legible.
struct Scale {
    class: &'static str,
    column: usize,
    /// Of the box with a name.
    name: usize,
}

/// For where there is room, and for a telephone, on which three fit at full size.
const SCALES: [Scale; 2] =
    [Scale { class: "wide", column: 250, name: 160 }, Scale { class: "narrow", column: 119, name: 114 }];

/// About what a letter takes.
const LETTER: usize = 6;

enum Step {
    Message { from: usize, to: usize, is_answer: bool, text: String },
    Note { first: usize, last: usize, text: String },
}

/// The picture of a `sequenceDiagram`; `None` for what isn't one, or uses more of the language than is drawn here.
pub fn drawn(source: &str) -> Option<Markup> {
    let mut lines = source.lines().map(str::trim).filter(|line| !line.is_empty());
    (lines.next()? == "sequenceDiagram").then_some(())?;
    let mut who: Vec<(&str, &str)> = Vec::new();
    let mut steps = Vec::new();
    for line in lines {
        if let Some(rest) = line.strip_prefix("participant ") {
            who.push(rest.split_once(" as ").unwrap_or((rest, rest)));
            continue;
        }
        let (head, text) = line.split_once(':')?;
        let place = |name: &str| who.iter().position(|(known, _)| *known == name.trim());
        let text = text.trim().to_owned();
        if let Some(over) = head.strip_prefix("Note over ") {
            let (first, last) = over.split_once(',').unwrap_or((over, over));
            steps.push(Step::Note { first: place(first)?, last: place(last)?, text });
        } else {
            let is_answer = head.contains("-->>");
            let (from, to) = head.split_once(if is_answer { "-->>" } else { "->>" })?;
            steps.push(Step::Message { from: place(from)?, to: place(to)?, is_answer, text });
        }
    }
    Some(picture(&who, &steps))
}

fn picture(who: &[(&str, &str)], steps: &[Step]) -> Markup {
    html! {
        figure.sequence {
            @for scale in &SCALES { (drawing(scale, who, steps)) }
            details.more {
                summary { "As text" }
                ol { @for step in steps { li { (step_in_words(step, who)) } } }
            }
        }
    }
}

fn drawing(scale: &Scale, who: &[(&str, &str)], steps: &[Step]) -> Markup {
    let (width, height) = (who.len() * scale.column, HEAD + (steps.len() + 1) * ROW);
    let x = |place: usize| place * scale.column + scale.column / 2;
    let label: Vec<_> = who.iter().map(|(_, name)| *name).collect();
    html! {
        svg class=(scale.class) viewBox={ "0 0 " (width) " " (height) } role="img"
            aria-label={ "Who asks whom: " (label.join(", ")) "; as text below" } {
            @for (place, (_, name)) in who.iter().enumerate() {
                line.life x1=(x(place)) x2=(x(place)) y1=(HEAD) y2=(height - 8) {}
                rect.who x=(x(place) - scale.name / 2) y="1" width=(scale.name) height=(HEAD - 2) rx="7" {}
                text.name x=(x(place)) y="22" text-anchor="middle" { (name) }
            }
            @for (row, step) in steps.iter().enumerate() {
                (step_drawn(step, HEAD + (row + 1) * ROW, width, &x))
            }
        }
    }
}

/// The middle of a text that would be at `wanted`, moved so far that it stays in the picture.
fn within(wanted: usize, text: &str, width: usize) -> usize {
    let half = text.chars().count() * LETTER / 2 + 4;
    wanted.clamp(half.min(width / 2), width.saturating_sub(half).max(width / 2))
}

fn step_drawn(step: &Step, y: usize, width: usize, x: &dyn Fn(usize) -> usize) -> Markup {
    match step {
        Step::Message { from, to, is_answer, text } => {
            let (begin, end) = (x(*from), x(*to));
            // The head of the arrow: 8 back from its end.
            let back = if end > begin { end - 8 } else { end + 8 };
            html! {
                text x=(within(usize::midpoint(begin, end), text, width)) y=(y - 8) text-anchor="middle" { (text) }
                line.(if *is_answer { "answer" } else { "ask" }) x1=(begin) x2=(end) y1=(y) y2=(y) {}
                path.head d={ "M" (back) " " (y - 4) "L" (end) " " (y) "L" (back) " " (y + 4) } {}
            }
        }
        Step::Note { first, last, text } => {
            let (begin, end) = (x(*first.min(last)), x(*first.max(last)));
            let (left, right) = (begin.saturating_sub(110), (end + 110).min(width));
            html! {
                rect.note x=(left) y=(y - 24) width=(right - left) height="30" rx="6" {}
                text x=(within(usize::midpoint(left, right), text, width)) y=(y - 5) text-anchor="middle" { (text) }
            }
        }
    }
}

fn step_in_words(step: &Step, who: &[(&str, &str)]) -> Markup {
    match step {
        Step::Message { from, to, text, .. } => html! { (who[*from].1) " → " (who[*to].1) ": " (text) },
        Step::Note { text, .. } => html! { (text) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_drawn_and_said() {
        let source = "sequenceDiagram\n participant A as Your shop\n participant B as Scrip\n A->>B: quote <x>\n \
             B-->>A: figures\n Note over A,B: paid\n";
        let html = drawn(source).expect("a sequence").into_string();
        assert!(html.contains("Your shop → Scrip: quote &lt;x&gt;") && html.contains("class=\"answer\""), "{html}");
    }

    #[test]
    fn texts_stay_in_the_picture() {
        assert_eq!(within(10, "0123456789", 100), 34);
        assert_eq!(within(95, "0123456789", 100), 66);
        assert_eq!(within(50, "0123456789", 100), 50);
        assert_eq!(within(50, &"x".repeat(99), 100), 50, "longer than the picture");
    }

    #[test]
    fn what_isnt_drawn_here_stays_code() {
        assert!(drawn("flowchart TD\n A-->B\n").is_none());
        assert!(drawn("sequenceDiagram\n A->>B: nobody was introduced\n").is_none());
    }
}
