//! Tables that fit a width: where there is little room, columns go.

use super::{Cell, FAINT};

/// Between two columns.
const GAP: usize = 2;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    name: &'static str,
    yields: u8,
    is_number: bool,
}

impl Column {
    /// A column of words. Where there is little room, the one that yields most goes first; what yields 0 stays.
    pub(crate) const fn words(name: &'static str, yields: u8) -> Self {
        Self { name, yields, is_number: false }
    }

    /// A column of numbers, which end below each other.
    pub(crate) const fn numbers(name: &'static str, yields: u8) -> Self {
        Self { name, yields, is_number: true }
    }
}

/// Lines up rows below a heading, each line at most `width` wide.
pub(crate) fn fit<const COLUMNS: usize>(columns: [Column; COLUMNS], rows: &[[Cell; COLUMNS]], width: usize) -> Vec<String> {
    let widest = (width / 2).max(1);
    let needed = columns.iter().enumerate().map(|(at, column)| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.0.chars().count());
        cells.chain([column.name.len()]).max().unwrap_or_default().min(widest)
    });
    let mut kept: Vec<(usize, Column, usize)> =
        columns.iter().copied().enumerate().zip(needed).map(|((at, column), needed)| (at, column, needed)).collect();
    while kept.iter().map(|(.., needed)| needed + GAP).sum::<usize>() > width.saturating_add(GAP) {
        let first = kept.iter().enumerate().filter(|(_, (_, column, _))| column.yields > 0);
        let Some((first, _)) = first.max_by_key(|(_, (_, column, _))| column.yields) else { break };
        kept.remove(first);
    }
    let line = |cells: &[Cell]| {
        let mut line = Line::new(width);
        for (place, (at, column, needed)) in kept.iter().enumerate() {
            let Some(Cell(word, style)) = cells.get(*at) else { continue };
            let word = clip(word, *needed);
            let padding = " ".repeat(needed - word.chars().count());
            let is_last = place + 1 == kept.len();
            line.push(if place == 0 { "" } else { "  " }, super::PLAIN);
            if column.is_number {
                line.push(&padding, super::PLAIN);
            }
            line.push(&word, *style);
            if !column.is_number && !is_last {
                line.push(&padding, super::PLAIN);
            }
        }
        line.text
    };
    let heading = columns.map(|column| Cell(column.name.to_owned(), FAINT));
    std::iter::once(line(&heading)).chain(rows.iter().map(|row| line(row))).collect()
}

/// A line of words in styles that ends where there is no more room.
#[derive(Debug)]
pub(crate) struct Line {
    left: usize,
    /// What has been written so far.
    pub(crate) text: String,
}

impl Line {
    /// An empty line of at most so many characters.
    pub(crate) fn new(width: usize) -> Self {
        Self { left: width, text: String::new() }
    }

    /// Whether so many characters fit.
    pub(crate) fn has_room(&self, characters: usize) -> bool {
        characters <= self.left
    }

    /// Adds as much of a text as fits.
    pub(crate) fn push(&mut self, text: &str, style: anstyle::Style) {
        let text = clip(text, self.left);
        if !text.is_empty() {
            self.left -= text.chars().count();
            self.text.push_str(&format!("{style}{text}{style:#}"));
        }
    }
}

/// A text of at most so many characters, with a mark where something is cut off. What would move the cursor is a question mark.
fn clip(text: &str, width: usize) -> String {
    let shown = |sign: char| if sign.is_control() { '?' } else { sign };
    if text.chars().count() <= width {
        return text.chars().map(shown).collect();
    }
    let Some(most) = width.checked_sub(1) else { return String::new() };
    text.chars().take(most).map(shown).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
