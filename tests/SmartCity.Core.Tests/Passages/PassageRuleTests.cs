using CsCheck;
using SmartCity.Core.Passages;

namespace SmartCity.Core.Tests.Passages;

public class PassageRuleTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(60);

    private static readonly Gen<Passage[]> Sightings = Gen.Select(Gen.Int[0, 900], Gen.Int[50, 100])
        .Array[1, 12]
        .Select(a => a.Select((s, i) => Single(s.Item1, s.Item2 / 100.0, i)).ToArray());

    [Fact]
    public void Sightings_within_the_gap_are_one_passage_and_just_beyond_it_two()
    {
        Assert.Single(PassageRule.Merge([Single(0), Single(60, n: 1)], Gap));
        Assert.Equal(2, PassageRule.Merge([Single(0), Single(61, n: 1)], Gap).Count);
    }

    [Fact]
    public void The_evidence_is_the_most_confident_sighting()
    {
        var passage = Assert.Single(PassageRule.Merge([Single(0, 0.91), Single(10, 0.99, 1), Single(20, 0.95, 2)], Gap));

        Assert.Equal(0.99, passage.Best.Confidence);
        Assert.Equal(Start.AddSeconds(10), passage.Best.At);
    }

    [Fact]
    public void Passages_are_the_same_in_whatever_order_and_batches_sightings_arrive() =>
        Gen.Select(Sightings, Gen.Int[1, 5], Gen.Int[0, int.MaxValue]).Sample((sightings, batchSize, seed) =>
        {
            var atOnce = PassageRule.Merge(sightings, Gap);
            var shuffled = sightings.ToArray();
            new Random(seed).Shuffle(shuffled);

            IReadOnlyList<Passage> stored = [];
            foreach (var batch in shuffled.Chunk(batchSize))
            {
                stored = [.. PassageRule.Merge(stored.Concat(batch), Gap).Select(p => p with { Id = p.Id ?? PassageRule.NewId(p), Changed = false, Absorbed = [] })];
            }

            Assert.Equal(atOnce.Select(Shape), stored.Select(Shape));
        });

    [Fact]
    public void A_passage_keeps_its_id_until_an_earlier_one_takes_it_in() =>
        Gen.Select(Sightings, Gen.Int[0, int.MaxValue]).Sample((sightings, seed) =>
        {
            var shuffled = sightings.ToArray();
            new Random(seed).Shuffle(shuffled);
            IReadOnlyList<Passage> stored = [];
            foreach (var sighting in shuffled)
            {
                var before = stored.Select(p => p.Id!.Value).ToHashSet();
                var merged = PassageRule.Merge(stored.Append(sighting), Gap);
                var after = merged.Select(p => p.Id).OfType<Guid>().ToHashSet();

                // Every id that was given is still there, or was absorbed, and is never both.
                Assert.Equal(before.Order(), after.Concat(merged.SelectMany(p => p.Absorbed)).Order());
                stored = [.. merged.Select(p => p with { Id = p.Id ?? PassageRule.NewId(p), Changed = false, Absorbed = [] })];
            }
        });

    [Fact]
    public void Ids_are_in_the_order_of_the_first_sightings_and_differ_within_a_millisecond()
    {
        var passages = Enumerable.Range(0, 200).Select(i => Single(i, n: i) with { FirstAt = Start.AddMilliseconds(i / 2) }).ToList();
        var ids = passages.ConvertAll(PassageRule.NewId);

        Assert.Equal(200, ids.Distinct().Count());
        Assert.All(ids.Chunk(2).Zip(ids.Chunk(2).Skip(1)), p => Assert.True(p.First.Max().CompareTo(p.Second.Min()) < 0));
        Assert.Equal(ids, passages.ConvertAll(PassageRule.NewId));
    }

    [Fact]
    public void A_vehicle_in_sight_for_longer_than_a_day_makes_another_passage()
    {
        var minutes = Enumerable.Range(0, (24 * 60) + 10).Select(i => Single(i * 60, n: i)).ToList();

        var merged = PassageRule.Merge(minutes, Gap);

        Assert.Equal([1441, 9], merged.Select(p => p.Sightings));
        Assert.All(merged, p => Assert.True(p.LastAt - p.FirstAt <= PassageRule.Longest));
    }

    private static object Shape(Passage p) => (p.FirstAt, p.LastAt, p.Sightings, p.Best);

    private static Passage Single(int second, double confidence = 0.95, int n = 0)
    {
        var at = Start.AddSeconds(second);
        return new Passage
        {
            Id = null,
            Plate = "AB12CDE",
            StationId = "london-a1",
            FirstAt = at,
            LastAt = at,
            Sightings = 1,
            Best = new BestSighting(new Guid(n + 1, 0, 0, new byte[8]), at, confidence, "a1-n1", "inbound", "GB", null, null),
            Changed = true,
        };
    }
}
