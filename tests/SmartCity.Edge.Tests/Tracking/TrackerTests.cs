using OpenCvSharp;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Recognition;
using SmartCity.Edge.Tracking;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Tracking;

public sealed class TrackerTests(Recogniser recogniser) : IDisposable
{
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(2);

    private readonly Street _street = new(recogniser.Models);

    public void Dispose() => _street.Dispose();

    [Theory]
    [InlineData(4, 12)] // the machine has no time for the camera
    [InlineData(4, 55)]
    [InlineData(2, 12)]
    public void A_vehicle_whose_frames_are_held_up_while_it_passes_is_reported_once(int before, int seconds)
    {
        var reports = Enumerable.Range(0, before).SelectMany(i => _street.Sees(Passing(i))).ToList();
        reports.AddRange(_street.Waits(TimeSpan.FromSeconds(seconds)));
        for (var i = before; i < 8; i++)
        {
            reports.AddRange(_street.Sees(Passing(i)));
        }

        reports.AddRange(_street.Waits(Gone));
        Assert.Equal("LR33TEE", Assert.Single(reports).Vote.Plate);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void A_camera_that_sends_frames_only_while_something_moves_has_a_vehicle_that_comes_again_again(int others)
    {
        var reports = new List<(Track Track, PlateRead Vote)>();
        foreach (var plate in (string[])["LR33TEE", .. Enumerable.Range(0, others).Select(i => $"AB{10 + i}CDE"), "LR33TEE"])
        {
            reports.AddRange(Enumerable.Range(0, 5).SelectMany(i => _street.Sees(Passing(i, plate))));
            reports.AddRange(_street.Sees());
            reports.AddRange(_street.Waits(TimeSpan.FromSeconds(14)));
        }

        reports.AddRange(_street.Sees());
        Assert.Equal(others + 2, reports.Count);
        Assert.Equal(2, reports.Count(r => r.Vote.Plate == "LR33TEE"));
    }

    [Fact]
    public void A_vehicle_whose_frames_are_held_up_twice_is_reported_once()
    {
        var reports = Enumerable.Range(0, 3).SelectMany(i => _street.Sees(Passing(i))).ToList();
        reports.AddRange(_street.Waits(TimeSpan.FromSeconds(20)));
        reports.AddRange(_street.Sees(Passing(3)));
        reports.AddRange(_street.Waits(TimeSpan.FromSeconds(15)));
        reports.AddRange(Enumerable.Range(4, 4).SelectMany(i => _street.Sees(Passing(i))));
        reports.AddRange(_street.Waits(Gone));

        Assert.Single(reports);
    }

    [Fact]
    public void In_a_recording_in_which_nothing_is_held_up_it_is_reported_again()
    {
        using var recording = new Street(recogniser.Models) { Recorded = true };
        var reports = Enumerable.Range(0, 4).SelectMany(i => recording.Sees(Passing(i))).ToList();
        reports.AddRange(recording.Waits(TimeSpan.FromSeconds(12)));
        reports.AddRange(Enumerable.Range(4, 4).SelectMany(i => recording.Sees(Passing(i))));

        Assert.Equal(["LR33TEE", "LR33TEE"], reports.Select(r => r.Vote.Plate));
    }

    [Fact]
    public void A_vehicle_that_passes_again_after_the_street_was_watched_without_it_is_reported_again()
    {
        var reports = Enumerable.Range(0, 4).SelectMany(i => _street.Sees(Passing(i))).ToList();
        reports.AddRange(_street.Waits(TimeSpan.FromSeconds(12)));
        for (var i = 0; i < 100; i++)
        {
            reports.AddRange(_street.Sees());
        }

        reports.AddRange(Enumerable.Range(0, 4).SelectMany(i => _street.Sees(Passing(i))));
        Assert.Equal(["LR33TEE", "LR33TEE"], reports.Select(r => r.Vote.Plate));
    }

    [Fact]
    public void A_vehicle_is_reported_once_and_while_it_is_still_in_view()
    {
        var first = _street.Sees(Street.Read(Street.Plate(100), "LR33TEE"));
        var second = _street.Sees(Street.Read(Street.Plate(105), "LR33TEE"));
        var later = Enumerable.Range(2, 20).SelectMany(i => _street.Sees(Street.Read(Street.Plate(100 + 5 * i), "LR33TEE"))).Concat(_street.Waits(Gone));

        Assert.Empty(first);
        Assert.Equal("LR33TEE", Assert.Single(second).Vote.Plate);
        Assert.Empty(later);
    }

    [Fact]
    public void A_reported_vehicle_is_followed_without_being_read()
    {
        _street.Passes("LR33TEE", frames: 3);

        Assert.True(_street.Tracker.AllReported);
        Assert.Empty(_street.Tracker.ToRead([Street.Plate(135, 174, 115)], _street.Moment));
        var other = Street.Plate(450);
        Assert.Equal([other], _street.Tracker.ToRead([Street.Plate(140, 180, 115), other], _street.Moment));
    }

    [Fact]
    public void Doubtful_frames_are_voted_over_when_the_vehicle_has_left_and_the_vote_is_surer_than_any_of_them()
    {
        // Each frame takes the last character for another one as well.
        var frames = "FBPLR".Select((other, i) => Street.Read(Street.Plate(100 + 8 * i), Grids.Seen("LR33TEE", 6, ('E', 0.52f), (other, 0.45f)))).ToList();
        var inView = frames.SelectMany(f => _street.Sees(f)).ToList();
        var left = _street.Waits(Gone);

        Assert.All(frames, f => Assert.Null(f.Plate));
        Assert.Empty(inView);
        var (track, vote) = Assert.Single(left);
        Assert.Equal("LR33TEE", vote.Plate);
        Assert.True(vote.Confidence > frames.Max(f => f.Confidence), $"{vote.Confidence} against {frames.Max(f => f.Confidence)}");
        Assert.Equal(5, track.Reads.Count);
    }

    [Fact]
    public void One_frame_that_reads_otherwise_is_outvoted()
    {
        var wrong = Street.Read(Street.Plate(100), Grids.Seen("LR33TFE", 0.8f));
        var reports = _street.Sees(wrong).Concat(Enumerable.Range(1, 4).SelectMany(i => _street.Sees(Street.Read(Street.Plate(100 + 5 * i), "LR33TEE", 0.97f)))).Concat(_street.Waits(Gone));

        Assert.Equal("LR33TEE", Assert.Single(reports).Vote.Plate);
    }

    [Fact]
    public void A_plate_that_stays_doubtful_is_reported_as_found_and_not_read_with_its_best_guess()
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.Empty(_street.Sees(Street.Read(Street.Plate(100 + 5 * i), Grids.Of([.. "LR33TEE".Select(c => new[] { (c, 0.4f), ('W', 0.3f), ('8', 0.2f) })]))));
        }

        var (_, vote) = Assert.Single(_street.Waits(Gone));
        Assert.Null(vote.Plate);
        Assert.Equal(7, vote.BestGuess.Length);
        Assert.InRange(vote.Confidence, 0, new RecognitionOptions().AbstainBelow);
    }

    [Fact]
    public void A_camera_of_one_frame_a_second_joins_them_too()
    {
        using var slow = new Street(recogniser.Models) { Interval = TimeSpan.FromSeconds(1) };
        slow.Sees();
        slow.Sees();
        var frames = "FBPL".Select((other, i) => Street.Read(Street.Plate(100 + 8 * i), Grids.Seen("LR33TEE", 6, ('E', 0.52f), (other, 0.45f))));
        Assert.Empty(frames.SelectMany(f => slow.Sees(f)));

        var (track, vote) = Assert.Single(slow.Waits(TimeSpan.FromSeconds(4)));
        Assert.Equal(("LR33TEE", 4), (vote.Plate, track.Reads.Count));
    }

    [Fact]
    public void A_flicker_of_text_is_no_vehicle_and_a_clear_plate_in_one_frame_is()
    {
        _street.Sees(Street.Read(Street.Plate(100), "LR33TEE", 0.85f), Street.Read(Street.Plate(400), "AB12CDE", 0.999f));

        Assert.Equal("AB12CDE", Assert.Single(_street.Waits(Gone)).Vote.Plate);
    }

    [Fact]
    public void Vehicles_of_nearly_the_same_plate_are_two()
    {
        var following = _street.Passes("AB12CDE").Concat(_street.Waits(Gone)).Concat(_street.Passes("AB12CDF")).Concat(_street.Waits(Gone));
        Assert.Equal(["AB12CDE", "AB12CDF"], following.Select(r => r.Vote.Plate));

        var abreast = Enumerable.Range(0, 5)
            .SelectMany(i => _street.Sees(Street.Read(Street.Plate(50 + 5 * i), "KX70ABC"), Street.Read(Street.Plate(350 + 5 * i), "KX70ABD")))
            .Concat(_street.Waits(Gone));
        Assert.Equal(["KX70ABC", "KX70ABD"], abreast.Select(r => r.Vote.Plate).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_evidence_is_the_frame_that_shows_the_plate_best_with_its_own_time()
    {
        var doubtful = Enumerable.Range(0, 4).Select(i => Street.Read(Street.Plate(100 + 5 * i, width: i == 2 ? 200 : 120), "LR33TEE", 0.9f)).ToList();
        doubtful.ForEach(read => _street.Sees(read));
        var (track, _) = Assert.Single(_street.Waits(Gone));

        Assert.Equal(Street.Start + 2 * Street.Frame, track.Best.At);
        Assert.Equal(doubtful[2].Quad, track.Best.Quad);
        Assert.False(track.Best.Picture.IsDisposed);
        _street.Waits(Gone);
        Assert.True(track.Best.Picture.IsDisposed);
    }

    [Fact]
    public void The_evidence_is_the_frame_itself_and_no_copy_and_outlives_it()
    {
        using var tracker = new Edge.Tracking.Tracker(reads => reads[0]);
        IntPtr pixels;
        using (var picture = new Mat(720, 1280, MatType.CV_8UC3, new Scalar(1, 2, 3)))
        {
            pixels = picture.Data;
            tracker.Observe([Street.Read(Street.Plate(100), "LR33TEE", 0.999f)], picture, TimeSpan.Zero, Street.Start, default);
        }

        var (track, _) = Assert.Single(tracker.Expire(Gone));

        Assert.Equal(pixels, track.Best.Picture.Data);
        Assert.Equal(new Vec3b(1, 2, 3), track.Best.Picture.At<Vec3b>(719, 1279));
    }

    private static PlateRead Passing(int frame, string plate = "LR33TEE") => Street.Read(Street.Plate(100 + 10 * frame, 150 + 8 * frame, 100 + 5 * frame), plate);
}
