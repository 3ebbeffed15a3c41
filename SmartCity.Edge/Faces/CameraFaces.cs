using OpenCvSharp;
using SmartCity.Contracts.Faces;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

/// <summary>
/// The people before one camera while faces are looked for: found, followed by their place, and compared once, when there are enough good looks. Templates
/// are made in the moment of the comparison and zeroed before it returns; one that matches nothing is never anywhere else. Not thread-safe.
/// </summary>
internal sealed class CameraFaces(string cameraId, FaceModels models, FaceOptions options, EvidenceOptions evidence) : IDisposable
{
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(2);
    private readonly List<FacePass> _passes = [];
    private TimeSpan _at = TimeSpan.MinValue;
    private IReadOnlyList<HeldOrder> _orders = [];

    /// <summary>Looks at a frame.</summary>
    /// <param name="at">When it was taken, on the clock that its passes are followed by.</param>
    /// <param name="orders">Those in force; at least one.</param>
    /// <returns>Whether there is a match to be sent.</returns>
    public bool Take(Mat frame, TimeSpan at, DateTimeOffset capturedAt, IReadOnlyList<HeldOrder> orders)
    {
        End(orders, at < _at ? TimeSpan.MaxValue : at);
        (_at, _orders) = (at, orders);
        var (detector, describer) = models.Get();

        // Whoever is seen too badly to be looked at is blurred in pictures of others all the same.
        var all = detector.Find(frame.Pixels(), new FaceSearch(options.DetectionSide, (float)Math.Min(options.DetectionThreshold, evidence.FaceScore)));
        var faces = all.FindAll(f => f.Score >= options.DetectionThreshold);
        Each(orders, o => o.Seen(faces.Count));
        var matched = false;
        foreach (var (face, pass) in Followed(faces, at, orders))
        {
            if (!pass.IsCompared)
            {
                matched |= Look(describer, frame, face, all, pass, capturedAt, orders);
            }
        }

        return matched;
    }

    /// <summary>No more frames come for now.</summary>
    public void End() => End(_orders, TimeSpan.MaxValue);

    public void Dispose()
    {
        _passes.ForEach(p => p.Dispose());
        _passes.Clear();
    }

    private void End(IReadOnlyList<HeldOrder> orders, TimeSpan now)
    {
        foreach (var pass in _passes.Where(p => now - p.SeenAt > Gone).ToList())
        {
            if (!pass.IsCompared)
            {
                Each(orders, o => o.Refused(FaceRefusal.FewLooks));
            }

            pass.Dispose();
            _passes.Remove(pass);
        }
    }

    // Each face with the pass that it fits in with best.
    private List<(FoundFace Face, FacePass Pass)> Followed(List<FoundFace> faces, TimeSpan at, IReadOnlyList<HeldOrder> orders)
    {
        var followed = new List<(FoundFace, FacePass)>();
        var free = _passes.ToList();
        foreach (var (face, pass, _) in faces.SelectMany(f => _passes.Select(p => (Face: f, Pass: p, Fit: p.Fits(f.Box)))).Where(p => p.Fit > 0).OrderByDescending(p => p.Fit))
        {
            if (free.Contains(pass) && !followed.Exists(f => f.Item1 == face))
            {
                free.Remove(pass);
                pass.Seen(face.Box, at);
                followed.Add((face, pass));
            }
        }

        foreach (var face in faces.Where(f => !followed.Exists(g => g.Item1 == f)).ToList())
        {
            var pass = new FacePass(face.Box, at);
            _passes.Add(pass);
            followed.Add((face, pass));
            Each(orders, o => o.Passed());
        }

        return followed;
    }

    private bool Look(FaceDescriber describer, Mat frame, FoundFace face, List<FoundFace> faces, FacePass pass, DateTimeOffset capturedAt, IReadOnlyList<HeldOrder> orders)
    {
        var cut = describer.Cut(frame.Pixels(), face);
        if (FaceGates.Passing.Refusal(cut.Look) is { } refusal)
        {
            cut.Dispose();
            Each(orders, o => o.Refused(refusal));
            return false;
        }

        pass.Add(cut, frame, capturedAt, faces.Where(f => f != face).Select(f => f.Box));
        return pass.Looks.Count >= options.Looks && Compare(describer, pass, orders);
    }

    private bool Compare(FaceDescriber describer, FacePass pass, IReadOnlyList<HeldOrder> orders)
    {
        if (orders.All(o => o.IsDestroyed))
        {
            return false; // revoked a moment ago: no template is made
        }

        List<FaceVector> looks = [];
        using var pool = new FacePool(describer.Card);
        try
        {
            looks = describer.Describe(pass.Looks);
            looks.ForEach(pool.Add);
            using var mean = pool.Mean();
            if (looks.Exists(l => describer.Distance(l, mean) >= describer.Card.Threshold))
            {
                // One person has made room for another in the same place.
                pass.Clear();
                return false;
            }

            var matched = false;
            foreach (var order in orders)
            {
                if (order.Compare(mean, describer) is { } near)
                {
                    order.Matched(new FaceMatch(Guid.CreateVersion7(pass.BestAt), order.Deployment, cameraId, pass.BestAt, near.Entry, near.Distance, pass.Looks.Count, pass.Jpeg()));
                    matched = true;
                }
            }

            pass.Compared();
            return matched;
        }
        finally
        {
            looks.ForEach(l => l.Dispose());
        }
    }

    private static void Each(IReadOnlyList<HeldOrder> orders, Action<HeldOrder> what)
    {
        foreach (var order in orders)
        {
            what(order);
        }
    }
}
