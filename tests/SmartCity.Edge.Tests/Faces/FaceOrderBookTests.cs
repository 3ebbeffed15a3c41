using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Contracts.Faces;
using SmartCity.Edge.Faces;
using SmartCity.Faces;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>Orders as the core gives them, at times that the test sets. No pictures.</summary>
public sealed class FaceOrderBookTests
{
    private const string Station = "gate";
    private const string Camera = "gate-1";

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
    private static readonly Guid Deployment = Guid.CreateVersion7();

    private readonly Clock _time = new();
    private readonly FaceOrderBook _book;

    public FaceOrderBookTests() => _book = new FaceOrderBook(Options.Create(new FaceOptions()), _time, NullLogger<FaceOrderBook>.Instance);

    [Theory]
    [InlineData(-3, -1, "it is over since")]
    [InlineData(1, 3, "it begins at")]
    public void An_edge_whose_clock_is_wrong_says_so_and_begins_no_run_after_another(int from, int until, string says)
    {
        for (var i = 0; i < 3; i++)
        {
            var wrong = Take(Order() with { From = Now.AddHours(from), Until = Now.AddHours(until) });
            Assert.Contains(says, wrong, StringComparison.Ordinal);
            Assert.Contains("Set the edge's clock", wrong, StringComparison.Ordinal);
            Assert.Empty(_book.OfStation(Station));
        }

        Assert.False(_book.Watches(Camera));
    }

    [Fact]
    public void Without_the_core_an_order_ends_with_its_lease_however_the_clock_is_set_meanwhile()
    {
        Assert.Null(Take(Order()));
        _time.Wrong = TimeSpan.FromMinutes(-30);
        _time.Advance(TimeSpan.FromSeconds(29));
        _book.End();
        Assert.True(_book.Watches(Camera));

        _time.Advance(TimeSpan.FromSeconds(1));
        _book.End();

        Assert.False(_book.Watches(Camera));
        var over = Assert.Single(_book.OfStation(Station));
        Assert.True(over.IsDestroyed);
        Assert.Equal(0, over.Templates);
    }

    [Fact]
    public void A_match_that_is_under_way_when_its_order_ends_is_told_of_before_the_order_is_forgotten()
    {
        Take(Order());
        var order = Assert.Single(_book.OfStation(Station));
        var (first, second) = (Match(), Match());
        order.Matched(first);
        order.Matched(second);
        Assert.Same(first, order.TakeWaiting());

        Take(); // revoked
        Tell();
        Assert.Equal(1, order.Report().Lost); // the one that waited
        Assert.All(second.Picture, b => Assert.Equal(0, b));

        order.GiveBack(first); // the core did not answer
        Assert.Equal(2, order.Report().Lost);
        Assert.All(first.Picture, b => Assert.Equal(0, b));
        Assert.Same(order, Assert.Single(_book.OfStation(Station)));

        Tell();
        Assert.Empty(_book.OfStation(Station));
    }

    [Fact]
    public void A_match_that_the_core_took_is_not_lost()
    {
        Take(Order());
        var order = Assert.Single(_book.OfStation(Station));
        order.Matched(Match());
        var match = order.TakeWaiting()!;
        Take();
        order.Sent(match);
        Assert.Equal((1L, 0L), (order.Report().Matches, order.Report().Lost));
        Assert.All(match.Picture, b => Assert.Equal(0, b));
        Tell();
        Assert.Empty(_book.OfStation(Station));
    }

    [Fact]
    public void An_order_whose_camera_still_holds_looks_at_somebody_is_told_of_until_all_is_counted()
    {
        Take(Order());
        var order = Assert.Single(_book.OfStation(Station));
        Assert.True(order.Enter());

        Take(); // revoked
        Assert.Null(order.Report().DestroyedAt);
        Tell();
        Assert.Same(order, Assert.Single(_book.OfStation(Station)));
        Assert.False(order.Enter());
        Assert.False(order.Settled.IsCompleted);

        order.Refused(FaceRefusal.FewLooks);
        order.Leave();
        Assert.Equal((Now, 1L), (order.Report().DestroyedAt, order.Report().Refused[FaceRefusal.FewLooks]));
        Tell();
        Assert.Empty(_book.OfStation(Station));
    }

    private static FaceOrder Order() => new(Deployment, [Camera], Now.AddHours(-1), Now.AddHours(1), TimeSpan.FromSeconds(30), DescriptorCard.Usual, 0.6, []);

    private static FaceMatch Match() => new(Guid.CreateVersion7(), Deployment, Camera, Now, Guid.CreateVersion7(), 0.4, 3, [1, 2, 3]);

    private void Tell() => _book.Told(Station, [.. _book.OfStation(Station).Select(o => (o, o.Report()))]);

    private string? Take(params FaceOrder[] orders)
    {
        using var edge = new FaceKeyPair();
        using var core = new FaceKeyPair();
        using var seal = edge.With(core.PublicKey);
        return _book.Take(Station, new FaceOrders(orders, core.PublicKey), seal);
    }

    /// <summary>A clock that somebody sets, while time goes on.</summary>
    private sealed class Clock() : FakeTimeProvider(Now)
    {
        public TimeSpan Wrong { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Wrong;

        public override long GetTimestamp() => (base.GetUtcNow() - Now).Ticks;
    }
}
