using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.WebUtilities;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// <c>simulated:?seed=1&amp;weather=day|dusk|night|rain&amp;every=00:00:15&amp;place=Upper Street&amp;plates=usual|signs</c>: draws vehicles of the demo registry as a traffic camera sees them.
/// The place is written into the pictures. One in fifteen is a vehicle of interest, one in fifty is not registered. The seed gives the street. The vehicles are others after each start: those of
/// today were charged already. The truth goes with each frame.
/// </summary>
internal sealed class SimulatedSource : ICameraSource
{
    // A dozen cameras that start together paint their streets one by one, so that the machine has a core left to read plates with.
    private static readonly SemaphoreSlim Painting = new(1);

    private readonly string _cameraId;
    private readonly int _seed;
    private readonly Weather _weather;
    private readonly TimeSpan _every;
    private readonly PlateStyle _plates;
    private readonly string? _place;
    private readonly double _speed;
    private readonly TimeProvider _time;

    /// <exception cref="InvalidDataException">A setting of the source is not valid; the message names it.</exception>
    public SimulatedSource(string cameraId, string settings, double speed, TimeProvider time)
    {
        var query = QueryHelpers.ParseQuery(settings);
        _cameraId = cameraId;
        _speed = speed;
        _time = time;
        _seed = Setting("seed", "1", int.TryParse, out int seed) ? seed : 1;
        _weather = Setting("weather", "day", (string? s, out Weather w) => Enum.TryParse(s, ignoreCase: true, out w) && Enum.IsDefined(w), out Weather weather) ? weather : Weather.Day;
        _every = Setting("every", "00:00:15", TimeSpan.TryParse, out TimeSpan every) ? every : TimeSpan.FromSeconds(15);

        _plates = Setting("plates", "usual", (string? s, out PlateStyle p) => Enum.TryParse(s, ignoreCase: true, out p) && Enum.IsDefined(p), out PlateStyle plates) ? plates : PlateStyle.Usual;
        _place = query.TryGetValue("place", out var place) ? place.ToString() : null;

        bool Setting<T>(string name, string otherwise, Parser<T> parse, out T value)
        {
            var text = query.TryGetValue(name, out var given) ? given.ToString() : otherwise;
            return parse(text, out value) ? true : throw new InvalidDataException($"Camera {cameraId}: '{text}' is not a valid {name}; write it like {name}={otherwise}.");
        }
    }

    private delegate bool Parser<T>(string? text, out T value);

    public bool Waits => false;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var traffic = new SimulatedTraffic(_seed, _weather, _place, _time.GetUtcNow().ToUnixTimeSeconds(), _plates);
        var number = 0L;
        var started = _time.GetTimestamp();
        await PaintAsync(traffic, cancellationToken);
        await RestAsync(traffic, started, cancellationToken);
        while (true)
        {
            started = _time.GetTimestamp();
            using (var pass = traffic.Next(_time.GetUtcNow()))
            {
                for (var i = 0; i < pass.Frames; i++)
                {
                    var at = _time.GetUtcNow();
                    var (picture, truth) = pass.Draw(i, at);
                    yield return new Frame(_cameraId, number++, at, picture) { IsTimedElsewhere = true, Truth = [truth] };
                    await Task.Delay(SimulatedTraffic.FrameInterval / _speed, _time, cancellationToken);
                }
            }

            var left = _time.GetUtcNow();
            yield return new Frame(_cameraId, number++, left, traffic.Empty(left)) { IsTimedElsewhere = true, Truth = [] };
            await RestAsync(traffic, started, cancellationToken);
        }
    }

    private static async Task PaintAsync(SimulatedTraffic traffic, CancellationToken cancellationToken)
    {
        await Painting.WaitAsync(cancellationToken);
        try
        {
            await Task.Run(traffic.Paint, cancellationToken);
        }
        finally
        {
            Painting.Release();
        }
    }

    // Until the next vehicle comes.
    private async Task RestAsync(SimulatedTraffic traffic, long since, CancellationToken cancellationToken)
    {
        var rest = traffic.Rest(_every) / _speed - _time.GetElapsedTime(since);
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, _time, cancellationToken);
        }
    }
}
