//! Low-rank adapters (LoRA, Hu et al. 2021): W + alpha / rank · B · A, with W frozen and A, B learnt.

use super::dropout::Dropout;
use super::fused::Sink;
use crate::matrix::Matrix;
use crate::{Error, ModelConfig, Result, weights};
use candle_core::{DType, Device, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A matrix of a decoder layer that an adapter may be laid on, by its name in Hugging Face checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// Queries.
    QProj,
    /// Keys.
    KProj,
    /// Values.
    VProj,
    /// From mixed values to the residual stream.
    OProj,
    /// The gate of the feed-forward layer.
    GateProj,
    /// The input of the feed-forward layer.
    UpProj,
    /// From the feed-forward layer to the residual stream.
    DownProj,
}

impl Module {
    /// All of them, in the order of the computation.
    pub const ALL: [Self; 7] = [
        Self::QProj,
        Self::KProj,
        Self::VProj,
        Self::OProj,
        Self::GateProj,
        Self::UpProj,
        Self::DownProj,
    ];

    /// The name in Hugging Face checkpoints.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QProj => "q_proj",
            Self::KProj => "k_proj",
            Self::VProj => "v_proj",
            Self::OProj => "o_proj",
            Self::GateProj => "gate_proj",
            Self::UpProj => "up_proj",
            Self::DownProj => "down_proj",
        }
    }

    /// The module's path in a layer of a Hugging Face checkpoint.
    pub(crate) fn path(self) -> String {
        let block = match self {
            Self::QProj | Self::KProj | Self::VProj | Self::OProj => "self_attn",
            Self::GateProj | Self::UpProj | Self::DownProj => "mlp",
        };
        format!("{block}.{}", self.as_str())
    }

    fn site(self) -> Site {
        match self {
            Self::QProj | Self::KProj | Self::VProj => Site::Qkv,
            Self::OProj => Site::Output,
            Self::GateProj | Self::UpProj => Site::GateUp,
            Self::DownProj => Site::Down,
        }
    }

    /// Width of the input, and the columns of its site's output that are this module's.
    fn shape(self, config: &ModelConfig) -> (usize, Range<usize>) {
        let (d, f, q) = (
            config.hidden_size,
            config.intermediate_size,
            config.query_width(),
        );
        let kv = config.num_key_value_heads * config.head_dim();
        match self {
            Self::QProj => (d, 0..q),
            Self::KProj => (d, q..q + kv),
            Self::VProj => (d, q + kv..q + 2 * kv),
            Self::OProj => (q, 0..d),
            Self::GateProj => (d, 0..f),
            Self::UpProj => (d, f..2 * f),
            Self::DownProj => (f, 0..d),
        }
    }
}

/// A product of a layer; some are several modules side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    Qkv,
    Output,
    GateUp,
    Down,
}

/// How an adapter is laid and trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lora {
    /// Width of the adapter, at least 1. Default 16.
    pub rank: usize,
    /// The adapter counts `alpha / rank` times; above 0. Default 32.
    pub alpha: f32,
    /// Share of the adapter's inputs that are left out in each step of training, 0 to below 1. Modules that read the same
    /// input leave out the same of it. Default 0.
    pub dropout: f32,
    /// The matrices that get an adapter. Default all seven.
    pub target_modules: Vec<Module>,
}

impl Default for Lora {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            dropout: 0.0,
            target_modules: Module::ALL.to_vec(),
        }
    }
}

impl Lora {
    /// The factor on B · A.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.alpha / self.rank.max(1) as f32
    }

    /// Checks each setting's range.
    ///
    /// # Errors
    /// Names the first setting that is out of range.
    pub fn check(&self) -> Result<()> {
        let rules = [
            ("lora.rank", self.rank > 0, "must be at least 1"),
            (
                "lora.alpha",
                self.alpha.is_finite() && self.alpha > 0.0,
                "must be above 0",
            ),
            (
                "lora.dropout",
                (0.0..1.0).contains(&self.dropout),
                "must be at least 0 and below 1",
            ),
            (
                "lora.target_modules",
                !self.target_modules.is_empty(),
                "must name at least one matrix",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, message)) => Err(Error::config(name, message)),
            None => Ok(()),
        }
    }
}

/// The two matrices of one module of one layer.
pub(crate) struct Pair {
    pub(crate) layer: usize,
    pub(crate) module: Module,
    /// (rank, in).
    pub(crate) a: Var,
    /// (out, rank).
    pub(crate) b: Var,
    /// The module's columns in its site's output.
    columns: Range<usize>,
}

impl Pair {
    /// The parameter's name in a checkpoint of training.
    fn name(&self, matrix: &str) -> String {
        format!("layers.{}.{}.{matrix}", self.layer, self.module.as_str())
    }

    /// Name of the module in a Hugging Face checkpoint.
    pub(crate) fn published(&self) -> String {
        format!("model.layers.{}.{}", self.layer, self.module.path())
    }
}

/// An adapter over a whole network.
pub(crate) struct Adapter {
    pub(crate) settings: Lora,
    /// By layer, then in the order of the computation.
    pub(crate) pairs: Vec<Pair>,
}

impl Adapter {
    /// A fresh adapter, which changes nothing yet: A uniform within ±1/√in as PEFT draws it, B zero. The same seed gives
    /// the same values.
    pub(crate) fn new(
        settings: &Lora,
        config: &ModelConfig,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let mut hash = blake3::Hasher::new();
        hash.update(b"caco-model lora\0")
            .update(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(*hash.finalize().as_bytes());
        Self::build(settings, config, device, |pair, shape| {
            let len = shape.0 * shape.1;
            Ok(if pair == "lora_b" {
                vec![0.0; len]
            } else {
                let bound = 1.0 / (shape.1 as f32).sqrt();
                (0..len).map(|_| rng.random_range(-bound..bound)).collect()
            })
        })
    }

    /// An adapter whose values come from `source`, which is given the matrix (`lora_a` or `lora_b`) and its shape, for
    /// each pair in order.
    fn build(
        settings: &Lora,
        config: &ModelConfig,
        device: &Device,
        mut source: impl FnMut(&str, (usize, usize)) -> Result<Vec<f32>>,
    ) -> Result<Self> {
        settings.check()?;
        let mut modules = settings.target_modules.clone();
        modules.sort_unstable();
        modules.dedup();
        let mut pairs = Vec::new();
        for layer in 0..config.num_hidden_layers {
            for &module in &modules {
                let (width, columns) = module.shape(config);
                let mut var = |matrix: &str, shape: (usize, usize)| -> Result<Var> {
                    let values = source(matrix, shape)?;
                    Ok(Var::from_tensor(&Tensor::from_vec(values, shape, device)?)?)
                };
                pairs.push(Pair {
                    layer,
                    module,
                    a: var("lora_a", (settings.rank, width))?,
                    b: var("lora_b", (columns.len(), settings.rank))?,
                    columns,
                });
            }
        }
        Ok(Self {
            settings: settings.clone(),
            pairs,
        })
    }

    /// All parameters with their names, always in the same order.
    pub(crate) fn parameters(&self) -> Vec<(String, &Var)> {
        self.pairs
            .iter()
            .flat_map(|pair| {
                [
                    (pair.name("lora_a"), &pair.a),
                    (pair.name("lora_b"), &pair.b),
                ]
            })
            .collect()
    }

    fn at(&self, layer: usize, site: Site) -> impl Iterator<Item = &Pair> {
        self.pairs
            .iter()
            .filter(move |pair| pair.layer == layer && pair.module.site() == site)
    }

    /// Adds the adapter's part to a site's output `y`.
    pub(super) fn add(
        &self,
        (layer, site): (usize, Site),
        x: &Matrix,
        y: &mut Matrix,
        dropout: Option<&Dropout>,
    ) -> Result<()> {
        let dropped = dropout.map(|dropout| dropout.apply(x, layer, site));
        let x = dropped.as_ref().unwrap_or(x);
        let scale = self.settings.scale();
        for pair in self.at(layer, site) {
            let delta = x.times_transposed(&pair.a)?.times_transposed(&pair.b)?;
            let width = y.columns;
            let rows = y.values_mut().chunks_exact_mut(width);
            for (y, delta) in rows.zip(delta.values().chunks_exact(delta.columns)) {
                for (y, delta) in y[pair.columns.clone()].iter_mut().zip(delta) {
                    *y = scale.mul_add(*delta, *y);
                }
            }
        }
        Ok(())
    }

    /// Adds what the adapter contributes to the input's gradient `dx`, and its own gradients to the sink; `g` is the
    /// gradient of the site's output.
    pub(super) fn back(
        &self,
        (layer, site): (usize, Site),
        x: &Matrix,
        g: &Matrix,
        dx: &mut Matrix,
        dropout: Option<&Dropout>,
        sink: &mut Sink,
    ) -> Result<()> {
        let dropped = dropout.map(|dropout| dropout.apply(x, layer, site));
        let x = dropped.as_ref().unwrap_or(x);
        let scale = self.settings.scale();
        let mask = dropout.map(|dropout| dropout.mask(x.values().len(), layer, site));
        for pair in self.at(layer, site) {
            let mut scaled = Vec::with_capacity(g.rows * pair.columns.len());
            for row in 0..g.rows {
                let row = &g.row(row)[pair.columns.clone()];
                scaled.extend(row.iter().map(|value| value * scale));
            }
            let g = Matrix::new(scaled, pair.columns.len());
            let inner = x.times_transposed(&pair.a)?;
            sink.add(&pair.b, g.transposed_times(&inner)?.into_values());
            let d_inner = g.times(&pair.b)?;
            sink.add(&pair.a, d_inner.transposed_times(x)?.into_values());
            let share = d_inner.times(&pair.a)?;
            let dx = dx.values_mut().iter_mut().zip(share.values());
            match &mask {
                None => dx.for_each(|(dx, share)| *dx += share),
                Some(mask) => dx
                    .zip(mask)
                    .for_each(|((dx, share), mask)| *dx = mask.mul_add(*share, *dx)),
            }
        }
        Ok(())
    }

    /// The adapter's part of a site's output of `width` columns as tensors, on any device; none where the site has no
    /// adapter.
    pub(super) fn delta(
        &self,
        (layer, site): (usize, Site),
        x: &Tensor,
        width: usize,
        dropout: Option<&Dropout>,
    ) -> Result<Option<Tensor>> {
        if self.at(layer, site).next().is_none() {
            return Ok(None);
        }
        let (rows, columns) = x.dims2()?;
        let x = match dropout {
            None => x.clone(),
            Some(dropout) => {
                let mask = dropout.mask(rows * columns, layer, site);
                (x * Tensor::from_vec(mask, (rows, columns), x.device())?)?
            }
        };
        let zeros = |columns| Tensor::zeros((rows, columns), DType::F32, x.device());
        let (mut blocks, mut at) = (Vec::new(), 0);
        for pair in self.at(layer, site) {
            if pair.columns.start > at {
                blocks.push(zeros(pair.columns.start - at)?);
            }
            blocks.push(x.matmul(&pair.a.t()?)?.matmul(&pair.b.t()?)?);
            at = pair.columns.end;
        }
        if at < width {
            blocks.push(zeros(width - at)?);
        }
        let delta = Tensor::cat(&blocks, 1)?;
        Ok(Some((delta * f64::from(self.settings.scale()))?))
    }

    /// The pair over a published weight.
    pub(crate) fn pair(&self, published: &str) -> Option<&Pair> {
        let module = published.strip_suffix(".weight")?;
        self.pairs.iter().find(|pair| pair.published() == module)
    }

    /// What is to be added to a published weight: (out, in), or none where it has no adapter.
    pub(crate) fn weight(&self, published: &str) -> Result<Option<Tensor>> {
        let Some(pair) = self.pair(published) else {
            return Ok(None);
        };
        let product = (pair.b.as_detached_tensor()).matmul(&pair.a.as_detached_tensor())?;
        Ok(Some((product * f64::from(self.settings.scale()))?))
    }

    /// The tensors of the adapter in PEFT's names.
    pub(crate) fn published(&self) -> Vec<weights::Entry<'_>> {
        let mut entries = Vec::new();
        for pair in &self.pairs {
            for (matrix, var) in [("lora_A", &pair.a), ("lora_B", &pair.b)] {
                entries.push(weights::Entry::of(peft_name(pair, matrix), var));
            }
        }
        entries
    }

    /// An adapter from a file in PEFT's names.
    pub(crate) fn read(
        settings: &Lora,
        config: &ModelConfig,
        reader: &mut weights::Reader,
        device: &Device,
    ) -> Result<Self> {
        // A fresh one has the names and shapes; its values are replaced.
        let adapter = Self::build(settings, config, device, |_, (rows, columns)| {
            Ok(vec![0.0; rows * columns])
        })?;
        for pair in &adapter.pairs {
            for (matrix, var) in [("lora_A", &pair.a), ("lora_B", &pair.b)] {
                let mut values = Vec::new();
                reader.append(&peft_name(pair, matrix), var.dims(), &mut values)?;
                var.set(&Tensor::from_vec(values, var.shape(), device)?)?;
            }
        }
        Ok(adapter)
    }
}

fn peft_name(pair: &Pair, matrix: &str) -> String {
    format!("base_model.model.{}.{matrix}.weight", pair.published())
}
