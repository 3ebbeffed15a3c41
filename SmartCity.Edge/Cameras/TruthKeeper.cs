namespace SmartCity.Edge.Cameras;

/// <summary>Where a camera knows what really passed: counts the passes and those whose plate was reported right.</summary>
internal sealed class TruthKeeper(CameraStatistics statistics)
{
    private readonly List<(long Pass, string Plate)> _open = [];
    private long _newest = -1;

    public void Sees(Frame frame)
    {
        if (frame.Truth is not { } truth)
        {
            return;
        }

        foreach (var (plate, pass, _) in truth)
        {
            if (pass > _newest)
            {
                _newest = pass;

                // A pass two vehicles ago will not be reported any more.
                while (_open.Count > 1)
                {
                    statistics.Truth(right: false);
                    _open.RemoveAt(0);
                }

                _open.Add((pass, plate));
            }
        }
    }

    public void Reported(string? plate)
    {
        var at = _open.FindIndex(o => o.Plate == plate);
        if (at >= 0)
        {
            statistics.Truth(right: true);
            _open.RemoveAt(at);
        }
    }
}
