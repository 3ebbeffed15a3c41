using System.Net;
using Bunit;
using Microsoft.AspNetCore.Components.Rendering;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

/// <summary>What pages have in common: something is done, and what is shown is fetched again and again.</summary>
public sealed class CoreComponentTests : ConsoleContext
{
    [Fact]
    public async Task Why_something_was_refused_stays_to_be_read_while_what_is_shown_is_fetched_again()
    {
        var page = Render<Sample>();
        await page.InvokeAsync(() => page.Instance.DoAsync(() => throw new HttpRequestException("there is one already", null, HttpStatusCode.Conflict)));
        var refused = page.Instance.Said;
        Assert.Contains("there is one already", refused, StringComparison.Ordinal);

        Time.Advance(Sample.Every);
        page.WaitForAssertion(() => Assert.Equal(1, page.Instance.Fetched));
        Assert.Equal(refused, page.Instance.Said);

        await page.InvokeAsync(() => page.Instance.DoAsync(() => Task.CompletedTask));
        Assert.Null(page.Instance.Said);
    }

    [Fact]
    public void What_could_not_be_fetched_is_said_until_it_can_be()
    {
        var page = Render<Sample>();
        page.Instance.Fetch = () => throw new HttpRequestException("away", null, HttpStatusCode.ServiceUnavailable);
        Time.Advance(Sample.Every);
        page.WaitForAssertion(() => Assert.NotNull(page.Instance.Said));

        page.Instance.Fetch = () => Task.CompletedTask;
        Time.Advance(Sample.Every);
        page.WaitForAssertion(() => Assert.Null(page.Instance.Said));
    }

    [Fact]
    public async Task It_is_busy_until_the_last_of_what_is_done_at_once_has_ended()
    {
        var page = Render<Sample>();
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        var both = await page.InvokeAsync(() => Task.FromResult(Task.WhenAll(page.Instance.DoAsync(() => first.Task), page.Instance.DoAsync(() => second.Task))));

        await page.InvokeAsync(first.SetResult);
        Assert.True(page.Instance.IsBusy);

        await page.InvokeAsync(second.SetResult);
        await both;
        Assert.False(page.Instance.IsBusy);
    }

    private sealed class Sample : CoreComponent
    {
        public static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

        public Func<Task> Fetch { get; set; } = () => Task.CompletedTask;

        public int Fetched { get; private set; }

        public string? Said => Error;

        public bool IsBusy => Busy;

        public Task<bool> DoAsync(Func<Task> work) => TryAsync(work);

        protected override void OnInitialized() => Repeat(Every, Every, () => LookAsync(async () =>
        {
            await Fetch();
            Fetched++;
        }));

        protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddContent(0, Error);
    }
}
