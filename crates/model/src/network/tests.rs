use super::{Dropout, Lora, Module, Pass, lora::Adapter};
use crate::{ComputePath, ModelConfig, Network, Packed, RopeScaling};
use candle_core::{Device, Tensor};

fn network(kv: usize, dim: usize) -> Network {
    let mut config = ModelConfig::small(61, 4 * dim, 2, 64);
    config.num_attention_heads = 4;
    config.num_key_value_heads = kv;
    Network::new(config, 3, &Device::Cpu).unwrap()
}

/// A Llama: no biases, heads that are not a share of the width, an output layer of its own, stretched angles.
fn llama() -> Network {
    let mut config = ModelConfig::small(61, 40, 2, 64);
    config.num_attention_heads = 4;
    config.num_key_value_heads = 2;
    config.head_dim = Some(16);
    config.attention_bias = false;
    config.tie_word_embeddings = false;
    config.rope_scaling = Some(RopeScaling::Llama3 {
        factor: 8.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_position_embeddings: 32.0,
    });
    Network::new(config, 4, &Device::Cpu).unwrap()
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

fn distance(a: &Tensor, b: &Tensor) -> f32 {
    let norm = |t: &Tensor| {
        let sum = t.sqr().unwrap().sum_all().unwrap();
        sum.to_scalar::<f32>().unwrap().sqrt()
    };
    norm(&(a - b).unwrap()) / (norm(b) + 1e-12)
}

/// An adapter that changes something: a fresh one has B = 0, which has no gradient by A.
fn with_adapter(mut network: Network, modules: &[Module], dropout: f32) -> Network {
    let settings = Lora {
        rank: 3,
        alpha: 5.0,
        dropout,
        target_modules: modules.to_vec(),
    };
    let adapter = Adapter::new(&settings, network.config(), 9, &Device::Cpu).unwrap();
    for (i, pair) in adapter.pairs.iter().enumerate() {
        let len = pair.b.elem_count();
        let values: Vec<f32> = (0..len).map(|j| ((i + j * 7) as f32).sin() * 0.2).collect();
        pair.b
            .set(&Tensor::from_vec(values, pair.b.shape(), &Device::Cpu).unwrap())
            .unwrap();
    }
    network.set_adapter(Some(adapter));
    network
}

fn gradients(network: &Network, path: ComputePath, pass: Pass) -> (f32, Vec<Tensor>) {
    network.gradients(&packed(), 50, path, pass).unwrap()
}

fn assert_paths_agree(network: &Network, pass: Pass) {
    let (fused, composed) = (
        gradients(network, ComputePath::Fused, pass),
        gradients(network, ComputePath::Composed, pass),
    );
    assert!((fused.0 / composed.0 - 1.0).abs() < 1e-5);
    let both = fused.1.iter().zip(&composed.1);
    for ((name, var), (a, b)) in network.trained().into_iter().zip(both) {
        assert_eq!(a.dims(), var.dims(), "{name}");
        // A key's bias shifts all scores of a row alike, so its true gradient is zero: compare the whole bias.
        assert!(distance(a, b) < 1e-4, "{name}: {}", distance(a, b));
    }
}

#[test]
fn fused_and_composed_agree() {
    let networks = [network(4, 16), network(2, 16), network(1, 10), llama()];
    for network in networks {
        let packed = packed();
        let fused = network.logits(&packed, ComputePath::Fused).unwrap();
        let composed = network.logits(&packed, ComputePath::Composed).unwrap();
        assert!(distance(&fused, &composed) < 1e-5);
        assert_paths_agree(&network, Pass::default());
    }
}

#[test]
fn fused_and_composed_agree_on_adapters() {
    use Module::{DownProj, KProj, QProj, UpProj, VProj};
    let some = [VProj, QProj, UpProj];
    for (network, modules) in [
        (network(2, 16), &Module::ALL[..]),
        (llama(), &some),
        (network(4, 16), &[KProj, DownProj]),
    ] {
        let plain = network.logits(&packed(), ComputePath::Fused).unwrap();
        let network = with_adapter(network, modules, 0.2);
        assert_eq!(network.trained().len(), 2 * 2 * modules.len());
        let fused = network.logits(&packed(), ComputePath::Fused).unwrap();
        let composed = network.logits(&packed(), ComputePath::Composed).unwrap();
        assert!(distance(&fused, &plain) > 1e-2);
        assert!(distance(&fused, &composed) < 1e-5);
        assert_paths_agree(&network, Pass::default());
        let pass = Pass {
            dropout: Some(Dropout::new(0.2, 1, 2, 3)),
            ..Pass::default()
        };
        assert_paths_agree(&network, pass);
        let (with, without) = (
            gradients(&network, ComputePath::Fused, pass).0,
            gradients(&network, ComputePath::Fused, Pass::default()).0,
        );
        assert_ne!(with, without);
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for network in [with_adapter(network(2, 16), &Module::ALL, 0.0), llama()] {
        let loss = || gradients(&network, ComputePath::Fused, Pass::default()).0;
        let (_, analytic) = gradients(&network, ComputePath::Fused, Pass::default());
        for ((name, var), gradient) in network.trained().into_iter().zip(analytic) {
            let before = var.as_tensor().copy().unwrap();
            // Along the gradient the loss changes by its squared norm for each unit.
            let square = gradient.sqr().unwrap().sum_all().unwrap();
            let norm = square.to_scalar::<f32>().unwrap().sqrt();
            let step = 2e-2 / norm;
            let moved = |by: f32| {
                let there = (&before + (&gradient * f64::from(by)).unwrap()).unwrap();
                var.set(&there).unwrap();
                loss()
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step * norm);
            var.set(&before).unwrap();
            assert!((slope / norm - 1.0).abs() < 2e-2, "{name}: {slope} {norm}");
        }
    }
}

#[test]
fn checkpointing_changes_no_bit_of_the_fused_pass() {
    let dropout = Some(Dropout::new(0.3, 5, 6, 7));
    for (network, dropout) in [
        (network(2, 16), None),
        (llama(), None),
        (with_adapter(llama(), &Module::ALL, 0.3), dropout),
    ] {
        let pass = |checkpointing| Pass {
            checkpointing,
            dropout,
        };
        for path in [ComputePath::Fused, ComputePath::Composed] {
            let (plain, again) = (
                gradients(&network, path, pass(false)),
                gradients(&network, path, pass(true)),
            );
            assert_eq!(plain.0, again.0);
            for (a, b) in plain.1.iter().zip(&again.1) {
                let values = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                match path {
                    ComputePath::Fused => assert!(values(a) == values(b)),
                    // Stock operations add what a shared parameter gets in another order.
                    ComputePath::Composed => assert!(distance(a, b) < 1e-6),
                }
            }
        }
    }
}

#[test]
fn a_merged_adapter_computes_the_same() {
    let mut network = with_adapter(
        llama(),
        &[Module::QProj, Module::VProj, Module::GateProj],
        0.0,
    );
    let laid = network.logits(&packed(), ComputePath::Fused).unwrap();
    network.merge().unwrap();
    assert!(network.adapter().is_none());
    let merged = network.logits(&packed(), ComputePath::Fused).unwrap();
    assert!(distance(&merged, &laid) < 1e-5);
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

#[test]
fn targets_outside_are_refused() {
    let network = network(4, 16);
    for (row, target) in [(70, 0), (0, 61)] {
        let mut packed = packed();
        packed.rows[0] = row;
        packed.targets[0] = target;
        let result = network.gradients(&packed, 50, ComputePath::Fused, Pass::default());
        assert!(result.is_err());
    }
}
