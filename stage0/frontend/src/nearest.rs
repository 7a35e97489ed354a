//! The name that was probably meant.

/// The candidate that differs least from the name, if one is near enough to be meant: one change for three letters, or for two.
pub fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let letters: Vec<char> = name.chars().collect();
    let limit = if letters.len() < 2 { 0 } else { (letters.len() / 3).max(1) };
    let mut row = Vec::new();
    candidates
        .filter(|candidate| *candidate != name && !candidate.starts_with('$'))
        .filter_map(|candidate| Some((distance(&letters, candidate, limit, &mut row)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, put in, left out or swapped with their neighbour; none where it is above the limit.
fn distance(from: &[char], to: &str, limit: usize, rows: &mut Vec<[usize; 3]>) -> Option<usize> {
    let to: Vec<char> = to.chars().collect();
    if from.len().abs_diff(to.len()) > limit {
        return None;
    }
    // Of each place of `from`: the distance for the letters of `to` before the last, before it, and with it.
    rows.clear();
    rows.extend((0..=from.len()).map(|place| [0, 0, place]));
    for (index, &letter) in to.iter().enumerate() {
        rows.iter_mut().for_each(|row| *row = [row[1], row[2], 0]);
        rows[0][2] = index + 1;
        for place in 1..=from.len() {
            let same = from[place - 1] == letter;
            let mut best = (rows[place - 1][1] + usize::from(!same)).min(rows[place - 1][2].min(rows[place][1]) + 1);
            if place > 1 && index > 0 && from[place - 2] == letter && from[place - 1] == to[index - 1] {
                best = best.min(rows[place - 2][0] + 1);
            }
            rows[place][2] = best;
        }
    }
    rows.last().map(|row| row[2]).filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_wins() {
        let names = ["length", "map", "filter", "fold"];
        assert_eq!(nearest("lenght", names.into_iter()), Some("length"));
        assert_eq!(nearest("mpa", names.into_iter()), Some("map"));
        assert_eq!(nearest("flod", names.into_iter()), Some("fold"));
        assert_eq!(nearest("fodl", names.into_iter()), Some("fold"));
        assert_eq!(nearest("unrelated", names.into_iter()), None);
        assert_eq!(nearest("x", ["y"].into_iter()), None);
    }
}
