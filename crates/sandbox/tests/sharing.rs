//! What packages do to themselves while they work is not taken for what a program left behind, and what programs leave in
//! them does not reach the next.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]
#![cfg(target_os = "linux")]

mod common;

use caco_sandbox::{Config, Outcome, Sandbox, Statistics, Tier};
use common::{config, run_in};

/// Runs programs one after another, in one child of the batch tier; `None` where the packages are missing.
fn in_one_child(programs: &[&str]) -> Option<(Vec<Outcome>, Statistics)> {
    let Some(python) = std::env::var_os("CACO_TEST_SCIENCE_PYTHON") else {
        eprintln!(
            "SKIPPED: CACO_TEST_SCIENCE_PYTHON names no Python with numpy, sympy and networkx"
        );
        return None;
    };
    let sandbox = Sandbox::start(Config {
        workers: 1,
        python: python.into(),
        audit_share: 0.0,
        ..config()
    })
    .unwrap();
    let outcomes = run_in(&sandbox, programs);
    let statistics = sandbox.statistics();
    Some((outcomes, statistics))
}

#[test]
fn what_packages_make_when_first_needed_moves_nothing() {
    let programs = [
        "import networkx as nx\noutput = nx.from_edgelist([(1, 2), (2, 3)]).number_of_nodes()\n",
        "import networkx as nx\noutput = nx.path_graph(5).number_of_edges()\n",
        "import networkx as nx\noutput = nx.shortest_path_length(nx.cycle_graph(8), 0, 4)\n",
        "import mpmath\noutput = str(mpmath.mp.clone().cot(1))[:8]\n",
        "import mpmath\noutput = str(mpmath.cot(1))[:8]\n",
    ];
    let Some((outcomes, statistics)) = in_one_child(&programs) else {
        return;
    };
    let texts: Vec<_> = outcomes
        .iter()
        .map(|o| o.output_text.clone().unwrap_or_default())
        .collect();
    assert_eq!(
        texts,
        ["3", "4", "4", "0.642092", "0.642092"],
        "{outcomes:?}"
    );
    assert_eq!(statistics.withheld, 0, "{statistics:?}");
    assert!(outcomes.iter().all(|o| o.tier == Some(Tier::Batch)));
}

#[test]
fn each_program_meets_a_freshly_seeded_generator() {
    let draw = "import numpy as np\noutput = np.random.random(3).tolist()\n";
    let normal = "import numpy as np\noutput = float(np.random.standard_normal())\n";
    let expected = in_one_child(&[draw]);
    let Some((expected, _)) = expected else {
        return;
    };
    let programs = [
        "import numpy as np\nnp.random.seed(7)\noutput = 1\n",
        draw,
        // As many words as the generator holds: it stands where it stood.
        "import numpy as np\nfor _ in range(312): np.random.random()\noutput = 2\n",
        "import numpy as np\noutput = np.random.random(3).tolist()  # again\n",
        normal,
        "import numpy as np\noutput = float(np.random.standard_normal())  # the second of a pair\n",
    ];
    let Some((outcomes, _)) = in_one_child(&programs) else {
        return;
    };
    assert_eq!(outcomes[1].output, expected[0].output);
    assert_eq!(outcomes[3].output, expected[0].output);
    assert_eq!(outcomes[4].output, outcomes[5].output);
    assert!(
        outcomes.iter().all(|o| o.tier == Some(Tier::Batch)),
        "{outcomes:?}"
    );
}
