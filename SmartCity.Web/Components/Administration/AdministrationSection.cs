using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Components.Administration;

/// <summary>A section of the Administration page: loads, and loads again after whatever is done.</summary>
public abstract class AdministrationSection : CoreComponent
{
    protected abstract Task LoadAsync();

    protected override Task OnInitializedAsync() => LookAsync(LoadAsync);

    /// <summary>Does something and loads again. True when it was done.</summary>
    protected Task<bool> ActAsync(Func<Task> work) => TryAsync(async () =>
    {
        await work();
        await LoadAsync();
    });
}
