use crate::{ComputePath, ModelConfig, Network, Packed};
use candle_core::Device;

fn network(kv: usize, dim: usize) -> Network {
    let mut config = ModelConfig::small(61, 4 * dim, 2, 64);
    config.num_attention_heads = 4;
    config.num_key_value_heads = kv;
    Network::new(config, 3, &Device::Cpu).unwrap()
}

fn packed() -> Packed {
    let tokens: Vec<u32> = (0..70).map(|i| (i * 17 + i * i) % 61).collect();
    let rows: Vec<u32> = (0..70).filter(|i| i % 3 != 0).collect();
    let targets = rows.iter().map(|r| (r * 7 + 5) % 61).collect();
    Packed {
        tokens,
        ends: vec![1, 18, 34, 70],
        rows,
        targets,
    }
}

fn distance(a: &candle_core::Tensor, b: &candle_core::Tensor) -> f32 {
    let norm = |t: &candle_core::Tensor| {
        t.sqr()
            .unwrap()
            .sum_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap()
            .sqrt()
    };
    norm(&(a - b).unwrap()) / (norm(b) + 1e-12)
}

#[test]
fn fused_and_composed_agree() {
    for (kv, dim) in [(4, 16), (2, 16), (1, 10)] {
        let network = network(kv, dim);
        let packed = packed();
        let fused = network.logits(&packed, ComputePath::Fused).unwrap();
        let composed = network.logits(&packed, ComputePath::Composed).unwrap();
        assert!(distance(&fused, &composed) < 1e-5);
        let loss = |path| network.loss(&packed, 50, path).unwrap();
        let (fused, composed) = (loss(ComputePath::Fused), loss(ComputePath::Composed));
        assert!(distance(&fused, &composed) < 1e-5);
        let (fused, composed) = (fused.backward().unwrap(), composed.backward().unwrap());
        for (name, var) in network.parameters() {
            let (a, b) = (
                fused.get(var).expect(&name),
                composed.get(var).expect(&name),
            );
            // A key's bias shifts all scores of a row alike, so its true gradient is zero: compare the whole bias.
            assert!(distance(a, b) < 1e-4, "{name}: {}", distance(a, b));
        }
    }
}

#[test]
fn packed_sequences_do_not_see_each_other() {
    let network = network(2, 16);
    let all = network.logits(&packed(), ComputePath::Fused).unwrap();
    let alone = Packed {
        tokens: packed().tokens[18..34].to_vec(),
        ends: vec![16],
        ..Packed::default()
    };
    let alone = network.logits(&alone, ComputePath::Fused).unwrap();
    assert!(distance(&all.narrow(0, 18, 16).unwrap(), &alone) < 1e-6);
}
