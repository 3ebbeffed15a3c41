using Microsoft.Extensions.Time.Testing;
using SmartCity.Edge.Inbox;

namespace SmartCity.Edge.Tests.Inbox;

public sealed class InboxPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Hints_that_never_end_leave_the_inbox_four_times_as_long_a_rest_as_a_look_takes()
    {
        var pace = new InboxPace(_time, TimeSpan.FromSeconds(15));
        pace.Hint();
        var rest = pace.RestAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(7.9));
        pace.Hint();
        Assert.False(rest.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await rest.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_hint_that_comes_later_ends_the_rest_and_without_one_it_ends_when_its_time_is_over()
    {
        var pace = new InboxPace(_time, TimeSpan.FromSeconds(15));
        var rest = pace.RestAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(rest.IsCompleted);
        pace.Hint();
        await rest.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var next = pace.RestAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(15));
        await next.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
