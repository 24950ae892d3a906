//! Operations of the network on slices, each with its backward pass, for the processor.
//!
//! They run on the calling thread: training is parallel over parts of a step, not inside an operation.

mod adamw;
mod attention;
mod cross_entropy;
mod rms_norm;
mod swiglu;

pub(crate) use adamw::{AdamW, AddAssign, Moments};
pub(crate) use attention::{Attended, Attention, Heads, Rotary};
pub(crate) use cross_entropy::cross_entropy;
pub(crate) use rms_norm::{normalise, normalise_back};
pub(crate) use swiglu::{gate, gate_back};

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

/// The elements of a contiguous f32 storage.
pub(crate) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => candle_core::bail!("a fused operation needs contiguous tensors"),
    }
}

/// Calls `f` with the elements of a tensor, copying only when it is not contiguous.
pub(crate) fn with<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(f(slice(storage, layout)?)),
        _ => candle_core::bail!(
            "fused operations run on the processor; use the composed path on other devices"
        ),
    }
}
