using SmartCity.Contracts;
using SmartCity.Recognition;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Recognition;
using Track = SmartCity.Edge.Tracking.Track;

namespace SmartCity.Edge.Tests.Tracking;

/// <summary>Vehicles of which a frame shows little, or only a part of the plate.</summary>
public sealed class PartialPlateTests(Recogniser recogniser) : IDisposable
{
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(2);

    private readonly List<double> _confidences = [];
    private readonly Street _street = new(recogniser.Models);

    public void Dispose() => _street.Dispose();

    [Theory]
    [InlineData(0.97f)]
    [InlineData(0.95f)]
    public void One_doubtful_picture_is_a_doubtful_sighting(float probability)
    {
        Assert.Empty(_street.Sees(Street.Read(Street.Plate(100), "LR33TEE", probability)));

        var (_, vote) = Assert.Single(_street.Waits(Gone));
        Assert.Equal("LR33TEE", vote.Plate);
        Assert.InRange(vote.Confidence, 0.6, 0.9);
    }

    [Fact]
    public void A_plate_that_was_clearly_there_in_one_picture_and_cannot_be_read_is_an_unread_one()
    {
        _street.Sees(Street.Read(Street.Plate(100, score: 0.97f), Grids.Of([.. "LR33TEE".Select(c => new[] { (c, 0.4f), ('W', 0.3f), ('8', 0.2f) })])));

        Assert.Null(Assert.Single(_street.Waits(Gone)).Vote.Plate);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_plate_that_enters_the_picture_is_read_when_it_is_in_it(bool left)
    {
        float[] widths = [85, 95, 105, 112];
        var entering = widths.SelectMany(w => _street.Sees(Street.Read(Street.Plate(left ? 0 : 640 - w, width: w, height: 30), "34A3683", 0.999f))).ToList();
        var inside = Enumerable.Range(1, 3).SelectMany(i => _street.Sees(Street.Read(Street.Plate(left ? 10 * i : 520 - 10 * i, width: 120, height: 30), "34A36837", 0.999f))).ToList();

        Assert.Empty(entering);
        Assert.Equal("34A36837", Assert.Single(inside.Concat(_street.Waits(Gone))).Vote.Plate);
    }

    [Fact]
    public void A_plate_that_comes_out_from_behind_something_is_read_when_it_is_out()
    {
        var reports = Enumerable.Range(0, 3).SelectMany(i => _street.Sees(Street.Read(Street.Plate(200, width: 70 + 15 * i, height: 30), "34A3683", 0.999f))).ToList();
        reports.AddRange(Enumerable.Range(0, 4).SelectMany(i => _street.Sees(Street.Read(Street.Plate(200 + 4 * i, width: 120, height: 30), "34A36837", 0.999f))));
        reports.AddRange(_street.Waits(Gone));

        Assert.Equal("34A36837", Assert.Single(reports).Vote.Plate);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)] // before it is gone
    public void A_plate_of_which_later_frames_show_more_is_reported_again_as_the_same_vehicle(int later)
    {
        // Something hides its end for as long as it takes to be sure.
        var first = Enumerable.Range(0, 4).SelectMany(i => Sees(200 + 2 * i, 105, "34A3683")).ToList();
        var corrected = Enumerable.Range(0, later).SelectMany(i => Sees(210 + 2 * i, 120, "34A36837")).ToList();
        corrected.AddRange(Reported(_street.Waits(Gone)));

        Assert.Equal(("34A3683", 0), Assert.Single(first));
        Assert.Equal(("34A36837", 1), Assert.Single(corrected));
    }

    [Fact]
    public void A_vehicle_that_was_corrected_and_comes_back_with_less_of_its_plate_is_known()
    {
        var first = Enumerable.Range(0, 4).SelectMany(i => Sees(200 + 2 * i, 105, "34A3683")).ToList();
        first.AddRange(Enumerable.Range(0, 2).SelectMany(i => Sees(210 + 2 * i, 120, "34A36837")));
        first.AddRange(Reported(_street.Waits(Gone)));
        var again = Enumerable.Range(0, 4).SelectMany(i => Sees(214 + 2 * i, 105, "34A3683")).ToList();
        again.AddRange(Reported(_street.Waits(Gone)));

        Assert.Equal([("34A3683", 0), ("34A36837", 1)], first);
        Assert.Empty(again);
    }

    [Fact]
    public void A_plate_of_which_later_frames_show_less_stays_as_it_was_reported()
    {
        var first = Enumerable.Range(0, 4).SelectMany(i => Sees(200 + 2 * i, 105, "34A36837")).ToList();
        var later = Enumerable.Range(0, 4).SelectMany(i => Sees(210 + 2 * i, 120, "34A3683")).ToList();
        later.AddRange(Reported(_street.Waits(Gone)));

        Assert.Equal(("34A36837", 0), Assert.Single(first));
        Assert.Empty(later);
    }

    [Fact]
    public void A_doubtful_reading_is_read_on_until_it_is_sure()
    {
        // Each takes the last character for another one as well.
        var first = Enumerable.Range(0, 5).SelectMany(i => Reported(_street.Sees(Street.Read(Street.Plate(200 + 2 * i, width: 100, height: 30), Grids.Seen("LR33TEE", 6, ('E', 0.75f), ('F', 0.2f)))))).ToList();
        var sure = Enumerable.Range(0, 6).SelectMany(i => Sees(212 + 2 * i, 100, "LR33TEE", 0.999f)).ToList();
        sure.AddRange(Reported(_street.Waits(Gone)));

        Assert.Equal(("LR33TEE", 0), Assert.Single(first));
        Assert.InRange(_confidences[0], 0.85, 0.9);
        Assert.Equal(("LR33TEE", 1), Assert.Single(sure));
        Assert.InRange(_confidences[1], 0.9, 1);
    }

    [Fact]
    public void A_plate_of_which_only_what_the_edge_left_was_seen_is_doubtful()
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.Empty(_street.Sees(Street.Read(Street.Plate(0, width: 100, height: 30), "34A3683", 0.999f)));
        }

        Assert.InRange(Assert.Single(_street.Waits(Gone)).Vote.Confidence, 0, 0.89);
    }

    [Fact]
    public void A_plate_that_was_hidden_in_part_in_every_frame_is_doubtful_however_many_there_were()
    {
        for (var i = 0; i < 12; i++)
        {
            Assert.Empty(_street.Sees(Hidden(200 + 4 * i)));
        }

        Assert.InRange(Assert.Single(_street.Waits(Gone)).Vote.Confidence, 0, 0.75);
    }

    [Fact]
    public void A_frame_of_the_whole_plate_makes_sure_what_was_hidden_in_part_before()
    {
        var reports = Enumerable.Range(0, 6).SelectMany(i => _street.Sees(Hidden(200 + 4 * i))).ToList();
        reports.AddRange(Enumerable.Range(6, 3).SelectMany(i => _street.Sees(Street.Read(Street.Plate(200 + 4 * i, width: 140, height: 30), "MJ20VTT", 0.999f))));
        reports.AddRange(_street.Waits(Gone));

        var (_, vote) = Assert.Single(reports);
        Assert.Equal("MJ20VTT", vote.Plate);
        Assert.InRange(vote.Confidence, 0.9, 1);
    }

    [Fact]
    public void One_frame_that_seemed_to_show_all_of_it_does_not_outvote_those_that_did_not()
    {
        for (var i = 0; i < 8; i++)
        {
            Assert.Empty(_street.Sees(i == 4 ? Street.Read(Street.Plate(200 + 4 * i, height: 30), "J20VTT", 0.999f) : Hidden(200 + 4 * i)));
        }

        Assert.InRange(Assert.Single(_street.Waits(Gone)).Vote.Confidence, 0, 0.75);
    }

    [Theory]
    [InlineData(5, -0.3f, 0.9, 1)]
    [InlineData(5, -2.5f, 0, 0.75)]
    [InlineData(3, -2.5f, 0.9, 1)]
    public void Frames_count_by_how_clearly_something_was_hidden_in_them(int hidden, float whole, double least, double most)
    {
        var reports = Enumerable.Range(0, 8).SelectMany(i => _street.Sees(i < hidden ? Hidden(200 + 4 * i, whole) : Street.Read(Street.Plate(200 + 4 * i, height: 30), "J20VTT", 0.999f))).ToList();
        reports.AddRange(_street.Waits(Gone));

        Assert.InRange(reports[^1].Vote.Confidence, least, most);
    }

    private List<(string? Plate, int Revision)> Sees(float x, float width, string plate, float probability = 0.999f) =>
        Reported(_street.Sees(Street.Read(Street.Plate(x, width: width, height: 30), plate, probability)));

    // As the pipeline does: who makes a sighting of a track says so.
    private List<(string? Plate, int Revision)> Reported(IEnumerable<(Track Track, PlateRead Vote)> due) => [.. due.Select(d =>
    {
        _confidences.Add(d.Vote.Confidence);
        d.Track.Sighting = new Sighting { Id = Guid.NewGuid(), CapturedAt = Street.Start, StationId = "s", CameraId = "c", Revision = d.Track.Sighting?.Revision + 1 ?? 0 };
        return (d.Vote.Plate, d.Track.Sighting.Revision);
    })];

    private static PlateRead Hidden(float x, float whole = PlateAppearance.CertainlyInPart) => Reading.InPart(Street.Read(Street.Plate(x, height: 30), "J20VTT", 0.999f), 0.6, whole);
}
