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
    private readonly List<HeldOrder> _orders = [];
    private TimeSpan _at = TimeSpan.MinValue;

    /// <summary>Looks at a frame.</summary>
    /// <param name="at">When it was taken, on the clock that its passes are followed by.</param>
    /// <param name="orders">Those in force.</param>
    /// <returns>Whether there is a match to be sent.</returns>
    public bool Take(Mat frame, TimeSpan at, DateTimeOffset capturedAt, IReadOnlyList<HeldOrder> orders)
    {
        EndPasses(at < _at ? TimeSpan.MaxValue : at);
        _at = at;
        Leave(o => !orders.Contains(o));
        _orders.AddRange(orders.Where(o => !_orders.Contains(o) && o.Enter()));
        if (_orders.Count == 0)
        {
            return false;
        }

        var (detector, describer) = models.Get();

        // Whoever is seen too badly to be looked at is blurred in pictures of others all the same.
        var all = detector.Find(frame.Pixels(), new FaceSearch(options.DetectionSide, (float)Math.Min(options.DetectionThreshold, evidence.FaceScore)));
        var faces = all.FindAll(f => f.Score >= options.DetectionThreshold);
        _orders.ForEach(o => o.Seen(faces.Count));
        var matched = false;
        foreach (var (face, pass) in Followed(faces, at))
        {
            matched |= pass.Open.Count > 0 && Look(describer, frame, face, all, pass, capturedAt);
        }

        return matched;
    }

    /// <summary>Counts what was seen under orders that are destroyed, and lets go of them.</summary>
    public void LeaveDestroyed() => Leave(o => o.IsDestroyed);

    /// <summary>No more frames come for now: nothing is held of anybody.</summary>
    public void End()
    {
        EndPasses(TimeSpan.MaxValue);
        Leave(_ => true);
    }

    public void Dispose() => End();

    private void EndPasses(TimeSpan now)
    {
        foreach (var pass in _passes.Where(p => now - p.SeenAt > Gone).ToList())
        {
            pass.Open.ForEach(o => o.Refused(FaceRefusal.FewLooks));
            pass.Dispose();
            _passes.Remove(pass);
        }
    }

    private void Leave(Func<HeldOrder, bool> which)
    {
        foreach (var order in _orders.Where(which).ToList())
        {
            foreach (var pass in _passes.Where(p => p.Open.Remove(order)))
            {
                order.Refused(FaceRefusal.FewLooks);
                if (pass.Open.Count == 0)
                {
                    pass.Clear();
                }
            }

            _orders.Remove(order);
            order.Leave();
        }
    }

    // Each face with the pass that it fits in with best.
    private List<(FoundFace Face, FacePass Pass)> Followed(List<FoundFace> faces, TimeSpan at)
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
            // An order that begins in its middle does not see it: looks from before a deployment are not compared under it.
            var pass = new FacePass(face.Box, at, _orders);
            _passes.Add(pass);
            followed.Add((face, pass));
            _orders.ForEach(o => o.Passed());
        }

        return followed;
    }

    private bool Look(FaceDescriber describer, Mat frame, FoundFace face, List<FoundFace> faces, FacePass pass, DateTimeOffset capturedAt)
    {
        var cut = describer.Cut(frame.Pixels(), face);
        if (FaceGates.Passing.Refusal(cut.Look) is { } refusal)
        {
            cut.Dispose();
            _orders.ForEach(o => o.Refused(refusal));
            return false;
        }

        pass.Add(cut, frame, capturedAt, faces.Where(f => f != face).Select(f => f.Box));
        return pass.Looks.Count >= options.Looks && Compare(describer, pass);
    }

    private bool Compare(FaceDescriber describer, FacePass pass)
    {
        if (pass.Open.TrueForAll(o => o.IsDestroyed))
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
            foreach (var order in pass.Open.ToList())
            {
                if (order.Compare(mean, describer) is not { } compared)
                {
                    continue;
                }

                pass.Open.Remove(order);
                if (compared.Entry is { } entry)
                {
                    order.Matched(new FaceMatch(Guid.CreateVersion7(pass.BestAt), order.Deployment, cameraId, pass.BestAt, entry, compared.Distance, pass.Looks.Count, pass.Jpeg()));
                    matched = true;
                }
            }

            pass.Clear();
            return matched;
        }
        finally
        {
            looks.ForEach(l => l.Dispose());
        }
    }
}
