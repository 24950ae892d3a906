//! Row-major matrices of f32 and their products.

use crate::{Error, Result};
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Layout, Storage, Tensor};

/// A row-major matrix that products read in place.
#[derive(Debug)]
pub(crate) struct Matrix {
    storage: CpuStorage,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Matrix {
    /// A matrix of the values given, `columns` in a row.
    pub(crate) fn new(values: Vec<f32>, columns: usize) -> Self {
        Self {
            rows: values.len() / columns.max(1),
            columns,
            storage: CpuStorage::F32(values),
        }
    }

    /// All values, row after row.
    pub(crate) fn values(&self) -> &[f32] {
        match &self.storage {
            CpuStorage::F32(values) => values,
            _ => &[],
        }
    }

    /// All values, to be changed.
    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        match &mut self.storage {
            CpuStorage::F32(values) => values,
            _ => &mut [],
        }
    }

    /// Row `i`.
    pub(crate) fn row(&self, i: usize) -> &[f32] {
        &self.values()[i * self.columns..][..self.columns]
    }

    pub(crate) fn into_values(self) -> Vec<f32> {
        match self.storage {
            CpuStorage::F32(values) => values,
            _ => Vec::new(),
        }
    }

    fn layout(&self) -> Layout {
        Layout::contiguous((self.rows, self.columns))
    }

    /// `self · Wᵀ` for a tensor W of (out, columns).
    pub(crate) fn times_transposed(&self, weights: &Tensor) -> Result<Self> {
        with_storage(weights, |w, layout| {
            let (out, _) = layout.shape().dims2()?;
            product(
                (&self.storage, &self.layout()),
                (w, &layout.transpose(0, 1)?),
                (self.rows, out, self.columns),
            )
        })
    }

    /// `self · W` for a tensor W of (columns, out).
    pub(crate) fn times(&self, weights: &Tensor) -> Result<Self> {
        with_storage(weights, |w, layout| {
            let (_, out) = layout.shape().dims2()?;
            product(
                (&self.storage, &self.layout()),
                (w, layout),
                (self.rows, out, self.columns),
            )
        })
    }

    /// `selfᵀ · other`: what a weight matrix gets from gradient and input.
    pub(crate) fn transposed_times(&self, other: &Self) -> Result<Self> {
        product(
            (&self.storage, &self.layout().transpose(0, 1)?),
            (&other.storage, &other.layout()),
            (self.columns, other.columns, self.rows),
        )
    }
}

/// The product of (m, k) and (k, n).
fn product(
    (a, a_layout): (&CpuStorage, &Layout),
    (b, b_layout): (&CpuStorage, &Layout),
    (m, n, k): (usize, usize, usize),
) -> Result<Matrix> {
    Ok(Matrix {
        storage: a.matmul(b, (1, m, n, k), a_layout, b_layout)?,
        rows: m,
        columns: n,
    })
}

fn with_storage<R>(
    tensor: &Tensor,
    f: impl FnOnce(&CpuStorage, &Layout) -> Result<R>,
) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage @ CpuStorage::F32(_)) => f(storage, layout),
        _ => Err(Error::Candle(candle_core::Error::Msg(
            "fused operations need f32 weights on the processor; use the composed path elsewhere"
                .to_string(),
        ))),
    }
}
