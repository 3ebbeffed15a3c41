using System.Diagnostics;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Edge.Tracking;
using SmartCity.Recognition;

namespace SmartCity.Bench;

/// <summary>Vehicles past simulated cameras, followed over their frames and voted on as at an edge, on a clock of their own.</summary>
internal static class SimulatedPasses
{
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(5);

    public static PassFigures Measure(Contender contender, Weather weather, int passes, int detectionSide)
    {
        using var recogniser = contender.Create(detectionSide);
        using var tracker = new Tracker(recogniser.Fuse);
        using var traffic = new SimulatedTraffic(11 + (int)weather, weather);
        var start = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        var at = TimeSpan.Zero;
        var reports = new List<Report>();
        var times = new List<double>();
        int right = 0, wrong = 0, confidentWrong = 0, unread = 0, missed = 0, twice = 0, frames = 0, framesRead = 0, framesRight = 0, firstRight = 0;
        for (var i = 0; i < passes; i++)
        {
            using var pass = traffic.Next();
            reports.Clear();
            var first = true;
            for (var f = 0; f < pass.Frames; f++, at += SimulatedTraffic.FrameInterval)
            {
                var picture = pass.Draw(f).Picture;
                using (picture)
                {
                    var started = Stopwatch.GetTimestamp();
                    var reads = recogniser.Read(picture, tracker.ToRead(recogniser.Detect(picture), at));
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    frames++;
                    if (reads is [{ Plate: { } plate }, ..])
                    {
                        framesRead++;
                        framesRight += plate == pass.Vehicle.Plate ? 1 : 0;
                        firstRight += first && plate == pass.Vehicle.Plate ? 1 : 0;
                        first = false;
                    }

                    Take(tracker.Observe(reads, picture, at, start + at, default));
                }
            }

            at += Gap;
            Take(tracker.Expire(at));
            var plates = reports.ConvertAll(r => r.Plate);
            right += plates.Contains(pass.Vehicle.Plate) ? 1 : 0;
            wrong += plates.Count(p => p is not null && p != pass.Vehicle.Plate);
            confidentWrong += reports.Count(r => r is { Plate: not null, Confidence: >= Photographs.Confident } && r.Plate != pass.Vehicle.Plate);
            unread += plates.Contains(pass.Vehicle.Plate) || !plates.Contains(null) ? 0 : 1;
            missed += reports.Count == 0 ? 1 : 0;
            twice += reports.Count > 1 ? 1 : 0;
        }

        return new PassFigures(contender.Name, weather.ToString().ToLowerInvariant(), passes, right, wrong, confidentWrong, unread, missed, twice, frames, framesRead, framesRight, firstRight, Percentile.Of(times, 0.5));

        void Take(IReadOnlyList<(Track Track, PlateRead Vote)> due)
        {
            foreach (var (_, vote) in due)
            {
                reports.Add(new Report(vote.Plate, vote.Confidence));
            }
        }
    }

    public static void Print(IReadOnlyList<PassFigures> figures)
    {
        foreach (var contender in figures.GroupBy(f => f.Contender))
        {
            FigureTable.Write(
                $"{contender.Key}, {contender.First().Passes} passes each", contender, f => f.Weather,
                ("voted right", f => f.Right, 0), ("wrong", f => f.Wrong, 0), ("wrong ≥ 0.9", f => f.ConfidentWrong, 0), ("unread", f => f.Unread, 0),
                ("missed", f => f.Missed, 0), ("twice", f => f.Twice, 0), ("first read right", f => f.FirstRight, 0),
                ("frames read right %", f => f.FramesRead == 0 ? null : 100.0 * f.FramesRight / f.FramesRead, 1), ("ms a frame", f => f.FrameMs, 1));
        }
    }

    private sealed record Report(string? Plate, double Confidence);
}

/// <param name="Right">Passes whose voted plate was reported right.</param>
/// <param name="Wrong">Sightings with another plate.</param>
/// <param name="ConfidentWrong">Those of them given with 0.9 or more.</param>
/// <param name="Unread">Passes reported without a plate.</param>
/// <param name="Missed">Passes not reported.</param>
/// <param name="Twice">Passes reported more than once.</param>
/// <param name="FramesRead">Frames in which a plate was given; the tracker does not have every frame read.</param>
/// <param name="FramesRight">Those of them in which it was right.</param>
/// <param name="FirstRight">Passes whose first given plate, without any vote, was right.</param>
internal sealed record PassFigures(string Contender, string Weather, int Passes, int Right, int Wrong, int ConfidentWrong, int Unread, int Missed, int Twice, int Frames, int FramesRead, int FramesRight, int FirstRight, double FrameMs);
