using Microsoft.AspNetCore.Components;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Components.Models;

/// <summary>A section of the Models page: shows what the page has, and lets the page look again after whatever is done.</summary>
public abstract class ModelsSection : CoreComponent
{
    [Parameter, EditorRequired]
    public ModelsView Models { get; set; } = null!;

    /// <summary>Whether the user may change anything.</summary>
    [Parameter]
    public bool MayWrite { get; set; }

    [Parameter]
    public EventCallback Done { get; set; }

    /// <summary>Does something and lets the page look again.</summary>
    protected async Task ActAsync(Func<Task> work)
    {
        if (await TryAsync(work))
        {
            await Done.InvokeAsync();
        }
    }
}
