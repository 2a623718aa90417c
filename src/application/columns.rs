//! How far to the right everything in the layers of a drawing stands.

use crate::layers::{Bundle, Item, Layers};

/// How often everything is pulled to what it is linked with.
const PULLS: usize = 60;
/// In a drawing that nobody can take in at once, some things may stand a little worse, as long as it
/// is there soon: so many items are pulled in all.
const PULLED_MAX: usize = 400_000;
/// The room between neighbours in a layer.
const SPACE: f64 = 18.0;
/// How much it matters that a long line is straight.
const STRAIGHT: f64 = 60.0;

/// The middle of each item, given how wide each is. Neighbours keep their order and their distance.
pub(crate) fn columns(layers: &Layers, widths: &[f64]) -> Vec<f64> {
    let mut columns = vec![0.0; widths.len()];
    for layer in &layers.layers {
        place(layer, &vec![(0.0, 1.0); layer.len()], widths, &mut columns);
    }
    let pulls = (PULLED_MAX / widths.len().max(1)).clamp(6, PULLS);
    for pull in 0..pulls {
        // At the end everything is pulled from both sides, so that neither has the last word.
        let [from_above, from_below] = match pull {
            _ if pull + 4 > pulls => [true, true],
            _ => [pull % 2 == 0, pull % 2 == 1],
        };
        let lines = lines(layers, &columns);
        let mut settle = |layer: &Vec<usize>| {
            let wishes: Vec<(f64, f64)> = layer
                .iter()
                .map(|item| wish(layers, *item, [from_above, from_below], &columns, &lines))
                .collect();
            place(layer, &wishes, widths, &mut columns);
        };
        if from_below && !from_above {
            layers.layers.iter().rev().for_each(&mut settle);
        } else {
            layers.layers.iter().for_each(&mut settle);
        }
    }
    columns
}

/// Where an item would best stand, and how much that matters.
fn wish(
    layers: &Layers,
    item: usize,
    [above, below]: [bool; 2],
    columns: &[f64],
    lines: &[Option<f64>],
) -> (f64, f64) {
    let column = |item: usize| columns.get(item).copied().unwrap_or_default();
    let linked = |links: &[Vec<usize>], wanted: bool| {
        let linked = links.get(item).filter(|_| wanted);
        linked.into_iter().flatten().copied().collect::<Vec<usize>>()
    };
    let mut linked_with = linked(&layers.above, above);
    linked_with.extend(linked(&layers.below, below));
    let line = match layers.items.get(item) {
        Some(Item::Bend(bundle)) => lines.get(*bundle).copied().flatten(),
        Some(Item::Box(_) | Item::Label(_)) | None => None,
    };
    let (mut sum, mut weights) = line.map_or((0.0, 0.0), |line| (line * STRAIGHT, STRAIGHT));
    for other in linked_with {
        let weight = weight(layers, item) * weight(layers, other);
        sum += weight * column(other);
        weights += weight;
    }
    if weights > 0.0 { (sum / weights, weights) } else { (column(item), 0.1) }
}

/// The middle of the bends of each line; where they all stand there it is straight.
fn lines(layers: &Layers, columns: &[f64]) -> Vec<Option<f64>> {
    let middle = |bundle: &Bundle| {
        let bends = bundle.through.get(1..).filter(|bends| !bends.is_empty())?;
        let sum: f64 = bends.iter().filter_map(|bend| columns.get(*bend)).sum();
        Some(sum / bends.len() as f64)
    };
    layers.bundles.iter().map(middle).collect()
}

/// Long lines should be straight before boxes stand in their middle.
fn weight(layers: &Layers, item: usize) -> f64 {
    match layers.items.get(item) {
        Some(Item::Bend(_)) => 3.0,
        Some(Item::Label(_)) => 1.5,
        Some(Item::Box(_)) | None => 1.0,
    }
}

/// Puts the items of a layer as near to their wishes as their order and their widths allow: the least
/// sum of weighted squares, found by pooling neighbours who are in each other's way.
fn place(layer: &[usize], wishes: &[(f64, f64)], widths: &[f64], columns: &mut [f64]) {
    struct Pool {
        at: f64,
        weight: f64,
        count: usize,
    }
    let width = |item: &usize| widths.get(*item).copied().unwrap_or_default();
    let (mut pools, mut offsets, mut offset, mut before) =
        (Vec::<Pool>::new(), Vec::new(), 0.0, None);
    for (item, (wish, weight)) in layer.iter().zip(wishes) {
        if let Some(before) = before {
            offset += width(before) / 2.0 + SPACE + width(item) / 2.0;
        }
        before = Some(item);
        offsets.push(offset);
        let mut pool = Pool { at: wish - offset, weight: *weight, count: 1 };
        while let Some(last) = pools.pop_if(|last| last.at > pool.at) {
            let weight = last.weight + pool.weight;
            let at = (last.at * last.weight + pool.at * pool.weight) / weight;
            pool = Pool { at, weight, count: last.count + pool.count };
        }
        pools.push(pool);
    }
    let places = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.at, pool.count));
    for ((item, offset), at) in layer.iter().zip(offsets).zip(places) {
        if let Some(column) = columns.get_mut(*item) {
            *column = at + offset;
        }
    }
}
