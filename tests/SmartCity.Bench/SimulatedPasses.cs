using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Edge.Recognition;
using SmartCity.Edge.Tracking;

namespace SmartCity.Bench;

/// <summary>Vehicles past simulated cameras, followed over their frames and voted on as at an edge, on a clock of their own.</summary>
internal static class SimulatedPasses
{
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(5);

    public static PassFigures Measure(Weather weather, int passes, int detectionSide)
    {
        using var recogniser = new PlateRecogniser(Options.Create(new RecognitionOptions { DetectionSide = detectionSide }), NullLogger<PlateRecogniser>.Instance);
        using var tracker = new Tracker(recogniser.Fuse);
        using var traffic = new SimulatedTraffic(11 + (int)weather, weather);
        var at = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        var reports = new List<Report>();
        var frames = new List<double>();
        int right = 0, wrong = 0, unread = 0, missed = 0, twice = 0;
        for (var i = 0; i < passes; i++)
        {
            using var pass = traffic.Next();
            reports.Clear();
            for (var f = 0; f < pass.Frames; f++, at += SimulatedTraffic.FrameInterval)
            {
                var picture = pass.Draw(f).Picture;
                using (picture)
                {
                    var started = Stopwatch.GetTimestamp();
                    var reads = recogniser.Read(picture, tracker.ToRead(recogniser.Detect(picture), at));
                    frames.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    Take(tracker.Observe(reads, picture, at, default), at);
                }
            }

            at += Gap;
            Take(tracker.Expire(at), at);
            var plates = reports.ConvertAll(r => r.Plate);
            right += plates.Contains(pass.Vehicle.Plate) ? 1 : 0;
            wrong += plates.Count(p => p is not null && p != pass.Vehicle.Plate);
            unread += plates.Contains(pass.Vehicle.Plate) || !plates.Contains(null) ? 0 : 1;
            missed += reports.Count == 0 ? 1 : 0;
            twice += reports.Count > 1 ? 1 : 0;
        }

        return new PassFigures(weather.ToString().ToLowerInvariant(), passes, right, wrong, unread, missed, twice, Percentile.Of(frames, 0.5));

        void Take(IReadOnlyList<(Track Track, PlateRead Vote)> due, DateTimeOffset now)
        {
            foreach (var (track, vote) in due)
            {
                reports.Add(new Report(vote.Plate, vote.Confidence, track.Reads.Count, now - track.Best.At));
            }
        }
    }

    private sealed record Report(string? Plate, double Confidence, int Frames, TimeSpan After);
}

/// <param name="Right">Passes whose plate was reported right.</param>
/// <param name="Wrong">Sightings with another plate.</param>
/// <param name="Unread">Passes reported without a plate.</param>
/// <param name="Missed">Passes not reported.</param>
/// <param name="Twice">Passes reported more than once.</param>
internal sealed record PassFigures(string Weather, int Passes, int Right, int Wrong, int Unread, int Missed, int Twice, double FrameMs);
