//! AdamW over all trained parameters of a network.

use super::TrainConfig;
use super::step::Workers;
use crate::ops::{self, AdamW, Moments};
use crate::simd::{dot, vectorised};
use crate::{Error, Network, Result};
use candle_core::{Device, Tensor, Var};
use std::sync::{Mutex, PoisonError};

/// Running means of a parameter's gradient and of its square.
enum State {
    /// On the processor, updated in place.
    Slices(Mutex<Moments>),
    /// On another device.
    Tensors { first: Var, second: Var },
}

/// Moments of every trained parameter, in their order.
pub(super) struct Optimizer {
    states: Vec<State>,
    weight_decay: f32,
    betas: (f32, f32),
    clip: f32,
}

impl Optimizer {
    pub(super) fn new(network: &Network, config: &TrainConfig) -> Result<Self> {
        let state = |(_, var): (String, &Var)| -> Result<State> {
            if var.device().is_cpu() {
                return Ok(State::Slices(Mutex::new(Moments::zeros(var.elem_count()))));
            }
            Self::tensors(var)
        };
        Ok(Self {
            states: network
                .trained()
                .into_iter()
                .map(state)
                .collect::<Result<_>>()?,
            weight_decay: config.weight_decay,
            betas: config.betas,
            clip: config.clip,
        })
    }

    fn tensors(var: &Var) -> Result<State> {
        Ok(State::Tensors {
            first: Var::from_tensor(&var.zeros_like()?)?,
            second: Var::from_tensor(&var.zeros_like()?)?,
        })
    }

    /// Updates every trained parameter and gives the norm of the whole gradient before clipping. A gradient that is not
    /// finite changes nothing.
    pub(super) fn step(
        &self,
        network: &Network,
        gradients: &[Tensor],
        lr: f32,
        step: u64,
        workers: &Workers,
    ) -> Result<f32> {
        let squares = workers.each(gradients.len(), |i| square(&gradients[i]))?;
        let norm = squares.iter().sum::<f64>().sqrt() as f32;
        if !norm.is_finite() {
            return Ok(norm);
        }
        let scale = if self.clip > 0.0 && norm > self.clip {
            self.clip / norm
        } else {
            1.0
        };
        let parameters = network.trained();
        workers.each(parameters.len(), |i| {
            self.update(i, parameters[i].1, &gradients[i], (lr, scale), step)
        })?;
        Ok(norm)
    }

    fn update(
        &self,
        index: usize,
        var: &Var,
        gradient: &Tensor,
        (lr, scale): (f32, f32),
        step: u64,
    ) -> Result<()> {
        let weight_decay = if var.rank() == 2 {
            self.weight_decay
        } else {
            0.0
        };
        match &self.states[index] {
            State::Slices(moments) => {
                let update = AdamW {
                    moments,
                    learning_rate: lr,
                    weight_decay,
                    betas: self.betas,
                    step,
                    scale,
                };
                var.inplace_op2(&gradient.contiguous()?, &update)?;
            }
            State::Tensors { first, second } => {
                let (b1, b2) = (f64::from(self.betas.0), f64::from(self.betas.1));
                let correct = |beta: f64| 1.0 / (1.0 - beta.powf(step as f64));
                let g = (gradient * f64::from(scale))?;
                let mean = |old: &Var, new: Tensor, beta: f64| -> Result<Tensor> {
                    Ok(((old.as_detached_tensor() * beta)? + (new * (1.0 - beta))?)?)
                };
                let m = mean(first, g.clone(), b1)?;
                let v = mean(second, g.sqr()?, b2)?;
                let root = ((&v * correct(b2))?.sqrt()? + 1e-8)?;
                let w = var.as_detached_tensor();
                let change = ((&m * correct(b1))?.div(&root)? + (&w * f64::from(weight_decay))?)?;
                var.set(&(w - (change * f64::from(lr))?)?)?;
                first.set(&m)?;
                second.set(&v)?;
            }
        }
        Ok(())
    }

    /// The two means of a parameter, on the processor.
    pub(super) fn moments(&self, index: usize) -> Result<(Tensor, Tensor)> {
        match &self.states[index] {
            State::Slices(moments) => {
                let moments = moments.lock().unwrap_or_else(PoisonError::into_inner);
                let vector =
                    |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
                Ok((vector(&moments.first)?, vector(&moments.second)?))
            }
            State::Tensors { first, second } => {
                let flat = |var: &Var| -> Result<Tensor> {
                    Ok(var
                        .as_detached_tensor()
                        .flatten_all()?
                        .to_device(&Device::Cpu)?)
                };
                Ok((flat(first)?, flat(second)?))
            }
        }
    }

    /// Puts the two means of a parameter back.
    pub(super) fn set_moments(
        &mut self,
        index: usize,
        first: Vec<f32>,
        second: Vec<f32>,
    ) -> Result<()> {
        match &mut self.states[index] {
            State::Slices(moments) => *moments = Mutex::new(Moments { first, second }),
            State::Tensors {
                first: old_first,
                second: old_second,
            } => {
                for (var, values) in [(old_first, first), (old_second, second)] {
                    var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
                }
            }
        }
        Ok(())
    }
}

/// The squared norm of a gradient.
fn square(gradient: &Tensor) -> Result<f64> {
    if gradient.device().is_cpu() {
        return Ok(ops::with(gradient, sum_of_squares)?);
    }
    let sum = gradient.sqr()?.sum_all()?.to_scalar::<f32>();
    Ok(f64::from(sum.map_err(Error::from)?))
}

fn sum_of_squares(values: &[f32]) -> f64 {
    vectorised(
        #[inline(always)]
        || {
            values
                .chunks(4096)
                .map(|chunk| f64::from(dot(chunk, chunk)))
                .sum()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelConfig;

    #[test]
    fn both_states_take_the_same_steps() {
        let config = TrainConfig::default();
        let workers = Workers::new(&config).unwrap();
        let network = || Network::new(ModelConfig::small(40, 32, 1, 16), 1, &Device::Cpu).unwrap();
        let (slices, tensors) = (network(), network());
        let first = Optimizer::new(&slices, &config).unwrap();
        let mut second = Optimizer::new(&tensors, &config).unwrap();
        for (state, (_, var)) in second.states.iter_mut().zip(tensors.trained()) {
            *state = Optimizer::tensors(var).unwrap();
        }
        for step in 1..=5 {
            let gradients: Vec<Tensor> = slices
                .trained()
                .iter()
                .map(|(_, var)| ((var.as_detached_tensor() * 0.5).unwrap() + 0.1).unwrap())
                .collect();
            let norms = (
                first
                    .step(&slices, &gradients, 1e-2, step, &workers)
                    .unwrap(),
                second
                    .step(&tensors, &gradients, 1e-2, step, &workers)
                    .unwrap(),
            );
            assert_eq!(norms.0, norms.1);
        }
        for (i, ((name, a), (_, b))) in slices
            .trained()
            .into_iter()
            .zip(tensors.trained())
            .enumerate()
        {
            let gap = |a: &Tensor, b: &Tensor| {
                let gap = (a - b).unwrap().abs().unwrap().max_all().unwrap();
                gap.to_scalar::<f32>().unwrap()
            };
            assert!(gap(a, b) < 1e-6, "{name}");
            let (a, b) = (first.moments(i).unwrap(), second.moments(i).unwrap());
            assert!(gap(&a.0, &b.0) < 1e-6 && gap(&a.1, &b.1) < 1e-6, "{name}");
        }
    }
}
